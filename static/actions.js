/* The board of actions: all boxes at once, and the cursor in the row that opens. The page works without this file. */
(() => {
  const boxes = () => [...document.querySelectorAll('[name="chosen"][form="bulk"]')];

  const ready = () => { for (const label of document.querySelectorAll('[data-choose-all]')) label.hidden = !boxes().length; };
  document.addEventListener('DOMContentLoaded', ready);

  document.addEventListener('change', e => {
    const all = e.target.closest('[data-choose-all]');
    if (all) for (const box of boxes()) box.checked = e.target.checked;
  });

  /* The cursor goes into a row that opens, and back to its first link when it closes. */
  document.addEventListener('htmx:afterRequest', e => {
    const number = /^\/actions\/(\d+)\//.exec(e.detail.pathInfo.requestPath)?.[1];
    const row = number && document.getElementById(`item-${number}`);
    if (!row || row.contains(document.activeElement)) return;
    row.querySelector(row.matches('.new') ? '[aria-invalid="true"], textarea, input:not([type="hidden"])' : 'a')?.focus();
  });
})();
