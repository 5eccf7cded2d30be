"use strict";
// Draws plots when they come near, again when a choice, the theme or the medium changes, and their tables when opened.
(() => {
  const root = document.documentElement;
  const plots = [...document.querySelectorAll(".plot")];
  if (!plots.length) return;

  const unpack = async (id) => {
    const bytes = Uint8Array.from(atob(document.getElementById(id).textContent), (c) => c.charCodeAt(0));
    const text = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Response(text).text();
  };

  let drawings = null;
  let loading = null;
  const load = () => (loading ??= (async () => {
    const [library, numbers] = await Promise.all([unpack("library"), unpack("drawings")]);
    const script = document.createElement("script");
    script.textContent = library;
    document.head.append(script);
    drawings = JSON.parse(numbers);
  })().catch((problem) => {
    for (const plot of plots) plot.textContent = `The curves cannot be drawn in this browser (${problem.message}).`;
    return new Promise(() => {});
  }));

  // Colours are written as CSS variables, so that they follow the theme.
  const themed = (tree) => {
    const css = getComputedStyle(root);
    const colour = (_, name) => css.getPropertyValue(name).trim();
    return JSON.parse(JSON.stringify(tree).replace(/var\((--[\w-]+)\)/g, colour));
  };

  const choice = (plot, name) => plot.closest("[data-group]").querySelector(`select[name="${name}"]`)?.value ?? "";
  const drawingOf = (plot) => drawings[plot.dataset.drawing.replace(/\{(\w+)\}/g, (_, name) => choice(plot, name))];
  const chosen = (plot, of) => { const policy = choice(plot, "policy"); return !policy || !of || of === policy; };

  const tallest = () => (root.classList.contains("printing") ? 900 : Infinity);  // a page of A4, less a caption

  const draw = (plot) => {
    const figure = drawingOf(plot);
    plot.dataset.state = figure ? "drawn" : "none";
    if (!figure) {
      if (plot.firstChild) Plotly.purge(plot);
      plot.textContent = "Not recorded in this case.";
    } else {
      if (plot.firstChild?.nodeType === Node.TEXT_NODE) plot.textContent = "";
      const { data, layout } = themed({ data: figure.data, layout: figure.layout });
      const traces = data.filter((trace) => chosen(plot, trace.meta?.policy));
      const policies = new Set(traces.map((trace) => trace.meta?.policy).filter(Boolean));
      const height = Math.min(tallest(), figure.height + figure.height_per_policy * policies.size);
      plot.style.height = `${height}px`;
      // The size is given, not left to Plotly, which would measure too late for paper.
      Plotly.react(plot, traces, { ...layout, width: plot.clientWidth, height }, { displayModeBar: false });
      plot.dataset.width = plot.clientWidth;
      plot.setAttribute("aria-label", figure.label);
    }
    const details = plot.parentElement.querySelector("details.data");
    details.hidden = !figure;
    if (details.open) tabulate(plot);
  };

  const tabulate = (plot) => {
    const { columns, rows } = drawingOf(plot).table;
    const table = document.createElement("table");
    table.createCaption().textContent = drawingOf(plot).label;
    const line = (section, cells, tag) => {
      const row = section.insertRow();
      for (const text of cells) {
        const cell = document.createElement(tag);
        cell.textContent = text;
        if (tag === "th") cell.scope = "col";
        row.append(cell);
      }
    };
    line(table.createTHead(), columns, "th");
    const body = table.createTBody();
    for (const row of rows) if (columns[0] !== "policy" || chosen(plot, row[0])) line(body, row, "td");
    plot.parentElement.querySelector("details.data .scroll").replaceChildren(table);
  };

  const redraw = (which) => { if (drawings) for (const plot of which) draw(plot); };
  const drawn = () => plots.filter((plot) => plot.dataset.state);

  for (const group of document.querySelectorAll("[data-group]")) {
    group.addEventListener("change", () => redraw([...group.querySelectorAll(".plot[data-state]")]));
  }
  for (const plot of plots) {
    const details = plot.parentElement.querySelector("details.data");
    details.addEventListener("toggle", () => { if (details.open) load().then(() => tabulate(plot)); });
  }

  // What is near comes first, the rest when there is nothing else to do: then printing finds all of it.
  const observer = new IntersectionObserver((entries) => {
    for (const entry of entries.filter((one) => one.isIntersecting)) {
      observer.unobserve(entry.target);
      load().then(() => { if (!entry.target.dataset.state) draw(entry.target); });
    }
  }, { rootMargin: "400px" });
  for (const plot of plots) observer.observe(plot);
  const idle = window.requestIdleCallback ?? ((then) => setTimeout(then, 200));
  const drawNext = () => {
    const next = plots.find((plot) => !plot.dataset.state);
    if (next) load().then(() => { if (!next.dataset.state) draw(next); idle(drawNext); });
  };
  window.addEventListener("load", () => setTimeout(() => idle(drawNext), 800));

  const resized = new ResizeObserver((entries) => redraw(
    entries.map((entry) => entry.target).filter((plot) => plot.dataset.width && +plot.dataset.width !== plot.clientWidth)));
  for (const plot of plots) resized.observe(plot);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => redraw(drawn()));

  // On paper the page is light and as wide as the paper, which the class brings about before the plots are measured.
  const paper = (on) => {
    if (root.classList.contains("printing") === on) return;
    root.classList.toggle("printing", on);
    redraw(plots);
  };
  window.addEventListener("beforeprint", () => paper(true));
  window.addEventListener("afterprint", () => paper(false));
  matchMedia("print").addEventListener("change", (event) => paper(event.matches));
})();
