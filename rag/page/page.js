// What happens on the page itself: citations open paragraphs, reports are read, text is copied.
// Gradio runs this once, with `server` (functions of layout.py), `trigger` (its events) and `props`.

let language = "en";
let origin = null; // the button that opened the panel: where "back" returns to
let opened = null; // what the panel shows
let reading = null; // the report in the reader

const byId = (id) => document.getElementById(id);
const say = (key) => props.words[language][key];

/** The element with an id, once Gradio has put it on the page. */
const present = async (id) => {
  while (!byId(id)) await new Promise(requestAnimationFrame);
  return byId(id);
};

const announce = (sentence) => {
  const line = byId("announced");
  line.textContent = "";
  setTimeout(() => { line.textContent = sentence; }, 30);
};

const copy = async (text) => {
  try {
    await navigator.clipboard.writeText(text);
    announce(say("copied"));
  } catch {
    announce(say("not_copied"));
  }
};

// The panel

const showPanel = async (asked, button) => {
  const panel = await present("panel");
  if (button && !panel.contains(button)) origin = button;
  opened = asked;
  panel.innerHTML = await server.paragraph({ ...asked, language });
  document.body.classList.add("with-panel");
  panel.querySelector("h2")?.focus({ preventScroll: true });
  (panel.querySelector("mark") ?? panel).scrollIntoView({ block: "nearest" });
};

const closePanel = () => {
  document.body.classList.remove("with-panel");
  const back = origin?.isConnected ? origin : document.querySelector("#question textarea");
  back?.focus();
  back?.scrollIntoView({ block: "nearest" });
};

const emptyPanel = async () => {
  (await present("panel")).innerHTML = `<p class="note">${say("panel_empty")}</p>`;
};

// The reader

/** The tabs' buttons; Gradio also keeps a hidden copy of them to measure. */
const tab = (place) => document.querySelectorAll('#tabs [role="tab"]')[place];

const readReport = async (name, paragraph) => {
  while (document.body.dataset.ready !== "yes" || tab(1).getAttribute("aria-selected") !== "true") {
    if (document.body.dataset.ready === "yes") tab(1).click(); // earlier, setting the language would undo it
    await new Promise(requestAnimationFrame);
  }
  const reader = await present("reader");
  if (reading !== name + language) {
    reader.innerHTML = await server.report({ name, language });
    reading = name + language;
  }
  const select = byId("reader-report");
  if (select) select.value = name;
  if (!paragraph) return;
  const shown = [...reader.querySelectorAll(".readable")].find((each) => each.dataset.p === paragraph);
  reader.querySelectorAll(".here").forEach((each) => each.classList.remove("here"));
  shown?.classList.add("here");
  await new Promise(requestAnimationFrame);
  shown?.scrollIntoView({ block: "center" });
  shown?.focus({ preventScroll: true });
};

const readerBar = async () => {
  const bar = await present("reader-bar");
  const chosen = byId("reader-report")?.value;
  const options = props.reports.map(([id, name]) => {
    const option = new Option(name, id);
    return option.outerHTML;
  });
  bar.innerHTML = `<label>${say("report")} <select id="reader-report">${options.join("")}</select></label>
    <label>${say("find")} <input id="reader-find" type="search" maxlength="200"></label>
    <output id="reader-found" for="reader-find"></output>
    <label><input id="reader-both" type="checkbox" checked> ${say("both")}</label>`;
  if (chosen) byId("reader-report").value = chosen;
};

/** Mark what is looked for in the reader without touching its text. */
const find = (wanted) => {
  const reader = byId("reader");
  const folded = wanted.trim().toLowerCase();
  const ranges = [];
  if (folded) {
    const walker = document.createTreeWalker(reader, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
      const text = node.data.toLowerCase();
      for (let at = text.indexOf(folded); at >= 0; at = text.indexOf(folded, at + folded.length)) {
        const range = new Range();
        range.setStart(node, at);
        range.setEnd(node, at + folded.length);
        ranges.push(range);
      }
    }
  }
  window.CSS?.highlights?.set("found", new Highlight(...ranges));
  ranges[0]?.startContainer.parentElement.scrollIntoView({ block: "center" });
  byId("reader-found").textContent = folded ? say("matches").replace("{n}", ranges.length) : "";
};

// The language

const speak = (chosen) => {
  const changed = chosen !== language;
  language = chosen;
  document.documentElement.lang = language === "zh" ? "zh-Hans" : "en";
  readerBar();
  if (opened && document.body.classList.contains("with-panel")) showPanel(opened, null);
  else emptyPanel();
  if (changed && reading) readReport(byId("reader-report").value).then(() => {});
};

window.rapporteur = {
  /** The language the page opens in: the one chosen last time, else the browser's. */
  first: () => {
    let chosen = null;
    try { chosen = localStorage.getItem("rapporteur-language"); } catch { /* storage may be forbidden */ }
    speak(["zh", "en"].includes(chosen) ? chosen : navigator.language.startsWith("zh") ? "zh" : "en");
    return language;
  },
  /** Hand the reader a file that the server sent as base64: nothing is left behind on the server. */
  save: (file) => {
    if (!file) return;
    const bytes = Uint8Array.from(atob(file.content), (sign) => sign.charCodeAt(0));
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([bytes], { type: file.type }));
    link.download = file.name;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  },
  chosen: (language) => {
    try { localStorage.setItem("rapporteur-language", language); } catch { /* then it lasts for this visit */ }
    speak(language);
    return language;
  },
};

// What the reader does

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  const act = button?.parentElement.matches(".acts") ? button : null; // Gradio has classes of the same names
  if (button?.matches(".cite")) showPanel(JSON.parse(button.value), button);
  else if (act?.matches(".copy")) copy(button.value);
  else if (act?.matches(".again")) trigger("retry", { turn: Number(button.value) });
  else if (act?.matches(".edit")) {
    trigger("edit", { turn: Number(button.value) });
    document.querySelector("#question textarea").focus();
  } else if (act?.matches(".back")) closePanel();
  else if (act?.matches(".open")) readReport(button.value.split("#")[0], button.value);
  else if (button?.matches('#tabs [role="tab"]') && button === tab(1) && !reading) readReport(props.reports[0][0]);
  else if (act?.matches(".link")) copy(new URL("?p=" + encodeURIComponent(button.value), location.href).href);
  const link = event.target.closest("#reader nav a");
  if (link) {
    event.preventDefault();
    const heading = byId(link.hash.slice(1));
    heading.scrollIntoView({ block: "start" });
    heading.focus({ preventScroll: true });
  }
});

document.addEventListener("change", (event) => {
  if (event.target.id === "reader-report") readReport(event.target.value);
  if (event.target.id === "reader-both") byId("reader").classList.toggle("one", !event.target.checked);
});

document.addEventListener("input", (event) => {
  if (event.target.id === "reader-find") find(event.target.value);
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && document.body.classList.contains("with-panel")) closePanel();
});

let asked = 0; // questions in the chat
new MutationObserver(() => {
  // Gradio labels each message with its whole HTML source, which a screen reader would read aloud.
  document.querySelectorAll("#chat [data-testid][aria-label]").forEach((each) => each.removeAttribute("aria-label"));
  const questions = document.querySelectorAll("#chat .asked");
  if (questions.length > asked) questions[questions.length - 1].scrollIntoView({ block: "nearest" });
  asked = questions.length;
  const open = [0, 1, 2].find((place) => tab(place)?.getAttribute("aria-selected") === "true");
  if (document.body.dataset.tab !== String(open)) document.body.dataset.tab = open;
}).observe(document.body, { childList: true, subtree: true, attributeFilter: ["aria-label", "aria-selected"] });

const line = document.createElement("p");
line.id = "announced";
line.setAttribute("role", "status");
document.body.append(line);

const permalink = new URLSearchParams(location.search).get("p");
if (permalink) readReport(permalink.split("#")[0], permalink);
