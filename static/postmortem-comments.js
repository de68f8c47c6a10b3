/* Comments on a selected passage, the publish dialog, and ways to a line. The page works without this file:
   the passage can be pasted into the form, and the dialog and the lines are pages and anchors. */
(() => {
  const doc = () => document.getElementById('doc');
  const dialog = () => document.getElementById('publish-dialog');
  let passage = null; /* what was selected last: {quote, start}; a press on the button takes the selection away */

  const inText = el => el && el.selectionEnd > el.selectionStart &&
    { quote: el.value.slice(el.selectionStart, el.selectionEnd), start: el.selectionStart };

  const inPage = () => {
    const chosen = getSelection();
    const node = chosen.rangeCount && !chosen.isCollapsed && chosen.getRangeAt(0).commonAncestorContainer;
    const within = node && (node.nodeType === Node.TEXT_NODE ? node.parentElement : node).closest('.prose');
    return within && { quote: chosen.toString(), start: 0 };
  };

  document.addEventListener('selectionchange', () => {
    const found = document.activeElement === doc() ? inText(doc()) : inPage();
    if (found && found.quote.trim()) passage = found;
    else if (document.activeElement === doc()) passage = null;
  });

  const comment = () => {
    const form = document.getElementById('comment-form');
    if (!form) return;
    const { quote, start, text } = form.elements;
    if (passage) {
      quote.value = passage.quote.trim().slice(0, 2000);
      start.value = passage.start + passage.quote.length - passage.quote.trimStart().length;
      passage = null;
    }
    form.scrollIntoView({ block: 'center' });
    (quote.value ? text : quote).focus({ preventScroll: true });
  };

  /* Where letter `at` is, measured in a copy of the text area that wraps as it does */
  const topOf = (source, at) => {
    const copy = document.createElement('div'), style = getComputedStyle(source);
    for (const name of ['font', 'letterSpacing', 'lineHeight', 'padding', 'tabSize', 'boxSizing']) copy.style[name] = style[name];
    Object.assign(copy.style, { whiteSpace: 'pre-wrap', overflowWrap: 'break-word', position: 'absolute', visibility: 'hidden', width: `${source.clientWidth}px` });
    copy.textContent = `${source.value.slice(0, at)}|`;
    document.body.append(copy);
    const height = copy.scrollHeight;
    copy.remove();
    return height;
  };

  const show = (from, to) => {
    const source = doc();
    source.focus({ preventScroll: true });
    source.setSelectionRange(from, to);
    const top = topOf(source, from);
    source.scrollTop = top - source.clientHeight / 2;
    scrollTo({ top: scrollY + source.getBoundingClientRect().top + top - source.scrollTop - innerHeight / 2 });
  };

  const showLine = number => {
    const lines = doc().value.split('\n'), before = lines.slice(0, number - 1);
    const start = before.reduce((sum, line) => sum + line.length + 1, 0);
    show(start, start + (lines[number - 1] || '').length);
  };

  document.addEventListener('mousedown', e => { if (e.target.closest('[data-comment]')) e.preventDefault(); });
  document.addEventListener('click', e => {
    const on = what => e.target.closest(what);
    const close = on('#publish-dialog [data-close]');
    if (close) {
      dialog().close();
      if (close.pathname === location.pathname && !close.hash) e.preventDefault();
    }
    if (on('[data-comment]') && document.getElementById('comment-form')) { e.preventDefault(); comment(); }
    const line = on('a[data-line]'), part = on('a[data-from]');
    if (!doc() || !(line || part)) return;
    e.preventDefault();
    if (line) showLine(Number(line.dataset.line));
    else show(Number(part.dataset.from), Number(part.dataset.to));
  });
  document.addEventListener('keydown', e => {
    if (e.key.toLowerCase() === 'm' && e.altKey && (e.ctrlKey || e.metaKey)) { e.preventDefault(); comment(); }
  });

  document.addEventListener('htmx:afterSwap', e => {
    if (e.detail.target?.id !== 'publish-body' || dialog().open) return;
    dialog().showModal();
    dialog().querySelector('textarea, button')?.focus();
  });

  document.addEventListener('DOMContentLoaded', () => {
    const asked = Number(new URLSearchParams(location.search).get('line'));
    if (asked > 0 && doc()) showLine(asked);
  });
})();
