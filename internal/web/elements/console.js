// The console's script: small elements over markup that works without them.
import "./keys.js";
import "./menus.js";
import "./forms.js";
import "./toast.js";
import "./tabs.js";
import "./palette.js";
import "./lookup.js";
import "./grid.js";
import "./rowmenu.js";
import "./widths.js";
import "./board.js";
import "./time.js";
import "./write.js";
import "./upload.js";
import "./compose.js";
import "./desk.js";
import "./live.js";

document.documentElement.setAttribute("data-js", "");
