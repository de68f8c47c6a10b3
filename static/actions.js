/* The board of actions: all boxes at once, and the cursor in the row that opens. The page works without this file. */
(() => {
  const boxes = () => [...document.querySelectorAll('[name="items"][form="bulk"]')];

  const ready = () => { for (const label of document.querySelectorAll('[data-choose-all]')) label.hidden = !boxes().length; };
  document.addEventListener('DOMContentLoaded', ready);

  document.addEventListener('change', e => {
    const all = e.target.closest('[data-choose-all]');
    if (all) for (const box of boxes()) box.checked = e.target.checked;
  });

  document.addEventListener('htmx:oobAfterSwap', e => {
    const row = document.getElementById(e.detail.target.id);
    if (row?.matches('tr.new')) row.querySelector('[aria-invalid="true"], textarea, [name="title"]')?.focus();
  });
})();
