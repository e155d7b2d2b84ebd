// Enhancements only: every page works without this file.
(() => {
  "use strict";

  // After a refused form, keyboard and screen reader start at the summary.
  document.querySelector("[data-focus]")?.focus();

  // A second tap on "Publish" sends nothing twice.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || event.defaultPrevented) return;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "yes";
    event.submitter?.setAttribute("aria-disabled", "true");
    setTimeout(() => release(form), 8000); // an answer that is a download leaves the page standing
  });
  const release = (form) => {
    delete form.dataset.sent;
    form.querySelectorAll("[aria-disabled]").forEach((button) => button.removeAttribute("aria-disabled"));
  };
  window.addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach(release));

  // What has data-follow is read again every two seconds until it says that it has ended; then the page is.
  const follow = (part) => setTimeout(async () => {
    const answer = await fetch(location.href).catch(() => null);
    const found = answer?.ok && new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-follow]");
    if (answer?.ok && !found) { location.reload(); return; }
    if (found && part.textContent !== found.textContent) part.replaceChildren(...found.childNodes);
    follow(part);
  }, 2000);
  document.querySelectorAll("[data-follow]").forEach(follow);

  // A time zone of one's own that isn't chosen yet begins with the browser's.
  for (const list of document.querySelectorAll('select[data-suggest="zone"]')) {
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    if (!list.value && [...list.options].some((option) => option.value === zone)) list.value = zone;
  }

  // <input type="checkbox" data-check-all="students"> ticks every box of that name in its form;
  // <output data-count-of="students"> says how many are ticked.
  const boxesOf = (form, name) => [...form.querySelectorAll(`input[type=checkbox][name="${name}"]:not(:disabled)`)];
  const recount = (form) => {
    for (const count of form.querySelectorAll("[data-count-of]")) {
      count.textContent = boxesOf(form, count.dataset.countOf).filter((box) => box.checked).length;
    }
    for (const all of form.querySelectorAll("[data-check-all]")) {
      const boxes = boxesOf(form, all.dataset.checkAll);
      const ticked = boxes.filter((box) => box.checked).length;
      all.checked = boxes.length > 0 && ticked === boxes.length;
      all.indeterminate = ticked > 0 && ticked < boxes.length;
    }
  };
  document.addEventListener("change", (event) => {
    const form = event.target.closest("form");
    if (!form) return;
    const name = event.target.dataset.checkAll;
    if (name) boxesOf(form, name).forEach((box) => { box.checked = event.target.checked; });
    recount(form);
  });
  document.querySelectorAll("form").forEach(recount);
})();
