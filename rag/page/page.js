// What happens on the page itself: citations open paragraphs, reports are read, text is copied.
// Gradio runs this once, with `server` (functions of layout.py), `trigger` (its events) and `props`.

let language = "en";
let origin = null; // the button that opened the panel: where "back" returns to
let opened = null; // what the panel shows
let reading = null; // the report in the reader
let reports = props.reports; // [id, name] of each; library.js keeps them

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
  const options = reports.map(([id, name]) => {
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

/** What the panel and the reader show, in a language: asked for while the server still translates the rest. */
const inLanguage = (chosen) => ({
  panel: opened && document.body.classList.contains("with-panel") ? server.paragraph({ ...opened, language: chosen }) : null,
  report: reading ? server.report({ name: byId("reader-report").value, language: chosen }) : null,
});

let coming = { panel: null, report: null };

/** The rest of the page in a language, in one step with what the server has just translated. */
const speak = async (chosen) => {
  const [panel, report] = await Promise.all([coming.panel, coming.report]);
  coming = { panel: null, report: null };
  language = chosen;
  document.documentElement.lang = language === "zh" ? "zh-Hans" : "en";
  readerBar();
  draftBar();
  if (panel) byId("panel").innerHTML = panel;
  else emptyPanel();
  if (report) {
    byId("reader").innerHTML = report;
    reading = byId("reader-report").value + language;
  }
  document.documentElement.classList.remove("turning");
  if (document.querySelector("#columns section")) byId("compare").click();
  if (document.querySelector("#draft .counts")) byId("draft-check").click();
};

window.rapporteur = {
  /** The language the page opens in: the one chosen last time, else the browser's. */
  first: () => {
    let chosen = null;
    try { chosen = localStorage.getItem("rapporteur-language"); } catch { /* storage may be forbidden */ }
    return ["zh", "en"].includes(chosen) ? chosen : navigator.language.startsWith("zh") ? "zh" : "en";
  },
  speak,
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
    coming = inLanguage(language);
    return language;
  },
};

// What the reader does

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  const act = button?.parentElement.matches(".acts, .takes") ? button : null; // Gradio has classes of the same names
  if (button?.matches(".cite")) showPanel(JSON.parse(button.value), button);
  else if (act?.matches(".copy")) copy(button.value);
  else if (act?.matches(".again")) trigger("retry", { turn: Number(button.value) });
  else if (act?.matches(".take")) trigger("take", JSON.parse(button.value));
  else if (act?.matches(".edit")) {
    trigger("edit", { turn: Number(button.value) });
    document.querySelector("#question textarea").focus();
  } else if (act?.matches(".back")) closePanel();
  else if (act?.matches(".open")) readReport(button.value.split("#")[0], button.value);
  else if (event.isTrusted && button?.matches('#tabs [role="tab"]') && button === tab(1) && !reading) {
    readReport(reports[0][0]); // not where readReport itself has opened the tab
  }
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

// Enter that ends a composition (Chinese input) chooses a word and must not send the question: where a browser reports
// it as a key of its own, nobody else hears of it.
for (const kind of ["keydown", "keypress"]) {
  document.addEventListener(kind, (event) => {
    if (event.key === "Enter" && (event.isComposing || event.keyCode === 229)) event.stopImmediatePropagation();
  }, true);
}

// The chat holds the last few turns; those before them are kept here as they stood in it.

const past = new Map(); // turn → the HTML of its question and answer

const keepTurns = () => {
  const questions = document.querySelectorAll("#chat .asked");
  const answers = [...document.querySelectorAll("#chat .answer")].filter((each) => each.querySelector(".acts .again"));
  const turns = answers.map((each) => Number(each.querySelector(".acts .again").value));
  if (questions.length && !answers.length) return; // the first one is being answered
  if (!questions.length) past.clear();
  turns.forEach((turn, place) => {
    if (!past.has(turn) || place === turns.length - 1) {
      past.set(turn, questions[place].outerHTML + answers[place].outerHTML);
    }
  });
  const earlier = byId("earlier");
  const before = turns[0] ?? 0;
  if (!earlier) return;
  const [summary, kept] = earlier.children;
  earlier.hidden = before === 0;
  const said = say("earlier").replace("{n}", before);
  if (summary.textContent !== said) summary.textContent = said;
  if (kept.childElementCount > before) kept.replaceChildren();
  while (kept.childElementCount < before) {
    const turn = document.createElement("section");
    turn.innerHTML = past.get(kept.childElementCount) ?? "";
    kept.append(turn);
  }
};

let asked = 0; // questions in the chat
new MutationObserver(() => {
  // Gradio labels each message with its whole HTML source, which a screen reader would read aloud.
  document.querySelectorAll("#chat [data-testid][aria-label]").forEach((each) => each.removeAttribute("aria-label"));
  const questions = document.querySelectorAll("#chat .asked");
  if (questions.length > asked) questions[questions.length - 1].scrollIntoView({ block: "nearest" });
  asked = questions.length;
  keepTurns();
  const open = [0, 1, 2, 3, 4, 5].find((place) => tab(place)?.getAttribute("aria-selected") === "true");
  if (document.body.dataset.tab !== String(open)) document.body.dataset.tab = open;
}).observe(document.body, { childList: true, subtree: true, attributeFilter: ["aria-label", "aria-selected"] });

const line = document.createElement("p");
line.id = "announced";
line.setAttribute("role", "status");
document.body.append(line);

const permalink = new URLSearchParams(location.search).get("p");
if (permalink) readReport(permalink.split("#")[0], permalink);
