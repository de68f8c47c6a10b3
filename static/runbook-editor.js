/* The runbook editor: follow a find to its line, take a dropped file, keep what is unfolded unfolded.
   The page works without it: files go with the form, and finds lead to the numbered lines below. */
(() => {
  const source = document.getElementById('source');
  const file = document.getElementById('file');
  const form = source.form;
  const note = document.getElementById('file-note');
  const LIMIT = 1_000_000;

  /* Where the line begins, measured in a copy of the text area that wraps as it does */
  const topOf = position => {
    const copy = document.createElement('div');
    const style = getComputedStyle(source);
    for (const name of ['font', 'letterSpacing', 'lineHeight', 'padding', 'tabSize', 'boxSizing']) copy.style[name] = style[name];
    copy.style.whiteSpace = 'pre-wrap';
    copy.style.overflowWrap = 'break-word';
    copy.style.position = 'absolute';
    copy.style.visibility = 'hidden';
    copy.style.width = `${source.clientWidth}px`;
    copy.textContent = `${source.value.slice(0, position)}|`;
    document.body.append(copy);
    const height = copy.scrollHeight;
    copy.remove();
    return height;
  };

  const goTo = line => {
    const lines = source.value.split('\n');
    const start = lines.slice(0, line - 1).join('\n').length + (line > 1 ? 1 : 0);
    source.focus({ preventScroll: true });
    source.setSelectionRange(start, start + (lines[line - 1] || '').length);
    source.scrollTop = topOf(start) - source.clientHeight / 3;
    source.scrollIntoView({ block: 'nearest' });
  };

  const say = text => { note.textContent = text; note.hidden = !text; };

  /* Show the file's text. Its bytes stay in the file field; the server takes them if the text is left as it is. */
  const load = async chosen => {
    form.elements.loaded.value = '';
    if (!chosen) return say('');
    if (chosen.size > LIMIT) return say(tooLarge(chosen.name, chosen.size));
    try {
      source.value = new TextDecoder('utf-8', { fatal: true }).decode(await chosen.arrayBuffer());
    } catch {
      return say(`${chosen.name} is not UTF-8. “Read it” shows where.`);
    }
    form.elements.loaded.value = 'on';
    say(`${chosen.name} is loaded.`);
    source.dispatchEvent(new Event('input', { bubbles: true }));
  };

  const tooLarge = (name, bytes) => `${name} is ${(bytes / 1e6).toFixed(1)} MB; a runbook may have 1 MB at most.`;
  source.addEventListener('input', () => {
    const bytes = source.value.length > LIMIT / 4 ? new Blob([source.value]).size : 0;
    if (bytes > LIMIT) say(tooLarge('The text', bytes));
    else if (note.textContent.startsWith('The text')) say('');
  });

  file.addEventListener('change', () => load(file.files[0]));
  source.addEventListener('dragover', e => { if (e.dataTransfer.types.includes('Files')) e.preventDefault(); });
  source.addEventListener('drop', e => {
    if (!e.dataTransfer.files.length) return;
    e.preventDefault();
    file.files = e.dataTransfer.files;
    load(file.files[0]);
  });

  document.addEventListener('click', e => {
    const find = e.target.closest('#understood a[data-line]');
    if (!find) return;
    e.preventDefault();
    goTo(Number(find.dataset.line));
  });

  document.querySelector('.numbered')?.setAttribute('hidden', '');

  let open = [];
  const unfolded = () => [...document.querySelectorAll('#understood details[open]')].map(d => d.id);
  document.addEventListener('htmx:beforeSwap', e => { if (e.target.id === 'understood') open = unfolded(); });
  document.addEventListener('htmx:afterSettle', () => {
    for (const id of open) document.getElementById(id)?.setAttribute('open', '');
  });
})();
