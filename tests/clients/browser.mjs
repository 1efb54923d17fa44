// A browser without pictures: it keeps cookies, fills in the sign-in and consent forms, and stops where it is sent to the app.

// follow opens an address of url's server as a person would and returns where the app is called.
export async function follow(url, address, { username, password }) {
  const cookies = new Map();
  const ask = async (to, form) => {
    const r = await fetch(new URL(to, url), {
      redirect: 'manual', method: form ? 'POST' : 'GET', body: form && new URLSearchParams(form),
      headers: { cookie: [...cookies].map(([k, v]) => `${k}=${v}`).join('; '), origin: url },
    });
    for (const c of r.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(c);
      cookies.set(name, value);
    }
    return r;
  };
  let r = await ask(address);
  for (let steps = 0; steps < 10; steps++) {
    const to = r.headers.get('location');
    if (to && !new URL(to, url).href.startsWith(`${url}/`)) return to;
    if (to) {
      r = await ask(to);
      continue;
    }
    const page = await r.text();
    const onward = /<a[^>]*href="(https?:[^"]*[?&#]code=[^"]*)"/.exec(page);
    if (onward) return text(onward[1]);
    const form = [...page.matchAll(/<form[^>]*action="([^"]*)"[^>]*>([\s\S]*?)<\/form>/g)].find((f) => /name="password"|name="answer"/.test(f[2]));
    if (!form) throw new Error(`${r.status}: neither a form nor a way on\n${page}`);
    const fields = Object.fromEntries([...form[2].matchAll(/<input[^>]*type="hidden"[^>]*>/g)].map(([tag]) => [text(/name="([^"]*)"/.exec(tag)[1]), text(/value="([^"]*)"/.exec(tag)?.[1] ?? '')]));
    r = await ask(text(form[1]), /name="password"/.test(form[2]) ? { ...fields, username, password } : { ...fields, answer: 'allow' });
  }
  throw new Error('the way to the app does not end');
}

// text undoes what HTML escapes in an attribute.
function text(s) {
  return s.replace(/&#(\d+);/g, (_, n) => String.fromCharCode(n)).replace(/&quot;/g, '"').replace(/&lt;/g, '<').replace(/&gt;/g, '>').replace(/&amp;/g, '&');
}
