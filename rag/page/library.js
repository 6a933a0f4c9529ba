// The tab for the reader's own reports, the settings that are remembered, and the help at the first visit.
// It runs in one function with page.js.

const LARGEST = 50_000_000; // bytes, as the server has it: told before the file is sent

/** Reports come and go while the page is open. */
window.rapporteur.relist = async () => {
  const before = JSON.stringify(reports);
  reports = await server.listing();
  if (JSON.stringify(reports) === before) return;
  reading = null; // what the reader shows may be gone
  if (byId("reader")) byId("reader").innerHTML = "";
  readerBar();
};

const refuse = (sentence) => {
  const line = document.createElement("p");
  line.className = "notice";
  line.textContent = sentence;
  byId("own-news").querySelector(".html-container, .prose, div")?.replaceChildren(line);
  announce(sentence);
};

// Gradio listens on the input itself: this comes first, and stops a file that would be sent in vain.
document.addEventListener("change", (event) => {
  const file = event.target.matches?.('input[type="file"]') && event.target.closest(".own-tab") ? event.target.files[0] : null;
  if (!file || file.size <= LARGEST) return;
  event.stopImmediatePropagation();
  event.target.value = "";
  const size = (file.size / 1e6).toLocaleString(language, { maximumFractionDigits: 0 });
  refuse(say("own_too_large").replace("{file}", file.name).replace("{size}", size));
}, true);

document.addEventListener("click", (event) => {
  const act = event.target.closest(".library button");
  if (act?.matches(".read")) readReport(act.value);
  else if (act?.matches(".remove.sure")) {
    act.disabled = true;
    trigger("delete", { report: act.value });
  } else if (act?.matches(".remove")) {
    act.classList.add("sure");
    act.textContent = say("own_sure");
    act.removeAttribute("aria-label");
    act.addEventListener("blur", () => {
      if (act.disabled) return;
      act.classList.remove("sure");
      act.textContent = say("own_remove");
    }, { once: true });
  }
});

window.rapporteur.relist();

// The help of the first visit, put away for good.
const HELP = "rapporteur-help";
const stored = (key) => { try { return localStorage.getItem(key); } catch { return null; } };
document.body.classList.toggle("helped", stored(HELP) === "no");
document.addEventListener("click", (event) => {
  if (!event.target.closest("#first-run .put-away")) return;
  try { localStorage.setItem(HELP, "no"); } catch { /* then it lasts for this visit */ }
  document.body.classList.add("helped");
  document.querySelector("#question textarea")?.focus();
});
