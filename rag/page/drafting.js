
// The draft: a file is read here and sent as it is, so that it never lies on the server's disk.

const DRAFT_LIMIT = 20_000_000; // bytes, as `rag.drafts` has it

const draftNotice = async (html) => { (await present("draft-notice")).innerHTML = html; };

const draftBar = async () => {
  (await present("draft-bar")).innerHTML = `<p class="note">${say("draft_about")}</p>
    <label class="file">${say("draft_file")} <input id="draft-file" type="file" accept=".txt,.md,.docx,.pdf"></label>
    <div id="draft-notice" role="status"></div>`;
};

const base64 = (file) => new Promise((resolve, reject) => {
  const reader = new FileReader();
  reader.onload = () => resolve(String(reader.result).split(",")[1] ?? "");
  reader.onerror = () => reject(reader.error);
  reader.readAsDataURL(file);
});

const readDraft = async (file) => {
  if (!file) return;
  const refused = (key) => draftNotice(`<p class="notice">${say(key).replace("{name}", new Option(file.name).innerHTML)}</p>`);
  if (file.size > DRAFT_LIMIT) return refused("draft_too_large");
  try {
    const got = await server.draft({ name: file.name, content: await base64(file), language });
    draftNotice(got.notice);
    if (!got.text) return;
    const box = document.querySelector("#draft-text textarea");
    box.value = got.text;
    box.dispatchEvent(new Event("input", { bubbles: true }));
    await new Promise(requestAnimationFrame);
    await new Promise(requestAnimationFrame);
    byId("draft-check").click();
  } catch {
    refused("draft_unreadable");
  }
};

document.addEventListener("change", (event) => {
  if (event.target.id === "draft-file") readDraft(event.target.files[0]);
});

document.addEventListener("click", (event) => {
  const flag = event.target.closest("#draft a.flag");
  if (!flag) return;
  event.preventDefault();
  const finding = byId(flag.hash.slice(1));
  finding.scrollIntoView({ block: "nearest" });
  finding.focus({ preventScroll: true });
});
