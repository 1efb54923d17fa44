// Builds assets/dist from css/, elements/, vendor/ and three npm packages. Only
// developers run it (npm ci && npm run build); what it writes is committed and
// embedded, so Go alone builds Stoa. The same sources give the same bytes.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import * as esbuild from "esbuild";

const root = dirname(fileURLToPath(import.meta.url));
const dist = join(root, "assets", "dist");
const modules = join(root, "node_modules");
const text = (...p) => readFileSync(join(root, ...p), "utf8");
rmSync(dist, { recursive: true, force: true });
mkdirSync(dist, { recursive: true });

const manifest = {};
/** emit writes one asset under a name that carries its hash, with its compressed twins, and returns that name. */
function emit(name, content) {
  const bytes = Buffer.from(content);
  const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 10);
  const hashed = name.replace(/(\.[a-z0-9]+)$/, `.${hash}$1`);
  writeFileSync(join(dist, hashed), bytes);
  let note = "";
  if (!name.endsWith(".woff2")) {
    const br = brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } });
    const gz = gzipSync(bytes, { level: 9 });
    gz[9] = 255; // the header names the machine's operating system: say "unknown"
    writeFileSync(join(dist, hashed + ".br"), br);
    writeFileSync(join(dist, hashed + ".gz"), gz);
    note = `gzip ${gz.length}, brotli ${br.length}`;
  }
  manifest[name] = hashed;
  console.log(name.padEnd(28), String(bytes.length).padStart(7), "B ", note);
  return hashed;
}

// Fonts.
const font = (pkg, file, as) => emit(as, readFileSync(join(modules, "@fontsource-variable", pkg, "files", file)));
const faces = {
  "fonts/hyperlegible-latin.woff2": font("atkinson-hyperlegible-next", "atkinson-hyperlegible-next-latin-wght-normal.woff2", "hyperlegible-latin.woff2"),
  "fonts/hyperlegible-latin-ext.woff2": font("atkinson-hyperlegible-next", "atkinson-hyperlegible-next-latin-ext-wght-normal.woff2", "hyperlegible-latin-ext.woff2"),
  "fonts/hyperlegible-mono-latin.woff2": font("atkinson-hyperlegible-mono", "atkinson-hyperlegible-mono-latin-wght-normal.woff2", "hyperlegible-mono-latin.woff2"),
};

// Style sheets: the shared parts, then those of the surface.
for (const [surface, files] of Object.entries({
  console: ["tokens.css", "components.css", "console.css", "product.css"],
  portal: ["tokens.css", "components.css", "portal.css", "product.css"],
})) {
  let css = files.map((f) => text("css", f)).join("\n");
  for (const [name, hashed] of Object.entries(faces)) css = css.replaceAll(name, hashed);
  const { code } = await esbuild.transform(css, { loader: "css", minify: true, target: "esnext" });
  emit(surface + ".css", code);
}

// Script: htmx as it was published, then our elements.
const htmx = text("vendor", "htmx-4.0.1.min.js");
const sum = createHash("sha256").update(htmx).digest("hex");
if (!text("vendor", "README.md").includes(sum)) throw new Error("vendor/htmx-4.0.1.min.js has not the checksum in vendor/README.md");
const { outputFiles } = await esbuild.build({
  entryPoints: [join(root, "elements", "console.js")], bundle: true, minify: true, format: "iife", target: "es2023", write: false,
});
emit("console.js", `/* htmx 4.0.1, 0BSD */\n${htmx}\n${outputFiles[0].text}`);

// Script of the public site: small, and no htmx.
const site = await esbuild.build({
  entryPoints: [join(root, "elements", "site.js")], bundle: true, minify: true, format: "iife", target: "es2023", write: false,
});
emit("site.js", site.outputFiles[0].text);

// Icons: one sprite of those that are named in icons.txt.
let sprite = '<svg xmlns="http://www.w3.org/2000/svg">';
for (const name of text("icons.txt").split("\n").filter(Boolean)) {
  const file = join(modules, "lucide-static", "icons", name + ".svg");
  if (!existsSync(file)) throw new Error(`lucide-static has no icon ${name}`);
  const body = readFileSync(file, "utf8").replace(/^[\s\S]*?<svg[^>]*>/, "").replace("</svg>", "").replace(/\s+/g, " ").trim();
  sprite += `<symbol id="${name}" viewBox="0 0 24 24">${body}</symbol>`;
}
emit("icons.svg", sprite + "</svg>");
emit("favicon.svg", text("favicon.svg"));

// Licences of what is shipped.
const licence = (pkg) => {
  const dir = join(modules, ...pkg.split("/"));
  const file = readdirSync(dir).find((f) => /^licen[cs]e/i.test(f));
  return `${pkg} ${JSON.parse(readFileSync(join(dir, "package.json"), "utf8")).version}\n\n${readFileSync(join(dir, file), "utf8").trim()}\n`;
};
emit("licenses.txt", ["htmx.org", "lucide-static", "@fontsource-variable/atkinson-hyperlegible-next", "@fontsource-variable/atkinson-hyperlegible-mono"].map(licence).join("\n" + "-".repeat(72) + "\n\n"));

writeFileSync(join(dist, "manifest.json"), JSON.stringify(manifest, null, 1) + "\n");
