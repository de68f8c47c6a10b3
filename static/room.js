/* The room's dialog, and the tag of an update that follows the status. The page works without this file:
   each link that opens the dialog leads to a page with the same form. */
(() => {
  const dialog = () => document.getElementById('dialog');

  document.addEventListener('htmx:afterSwap', e => {
    const box = dialog();
    if (!box || e.detail.target?.id !== 'dialog-body') return;
    if (!e.detail.target.childElementCount) { box.close(); return; }
    if (!box.open) box.showModal();
    box.querySelector('[aria-invalid="true"], .bad input, textarea, select, input:not([type="hidden"])')?.focus();
  });

  document.addEventListener('click', e => {
    const close = e.target.closest('#dialog [data-close]');
    if (!close) return;
    e.preventDefault();
    dialog().close();
  });

  document.addEventListener('htmx:afterSettle', () => {
    const status = document.getElementById('vitals');
    if (!status || !status.dataset.tag) return;
    for (const el of document.querySelectorAll('[data-tag-now]')) {
      const old = el.value ?? el.textContent;
      const word = old === old.toUpperCase() ? status.dataset.tag.toUpperCase() : status.dataset.tag;
      if (old === word) continue;
      if (el.matches('input')) el.value = word; else el.textContent = word;
    }
  });
})();
