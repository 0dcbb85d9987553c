"use strict";
// Reads values off the curves under the pointer. The page is whole without it.
(() => {
  const units = {
    COUNT: v => Math.round(v).toLocaleString("en"),
    NUMBER: v => v.toPrecision(4),
    PERCENT: v => (100 * v).toFixed(2) + " %",
    SECONDS: v => v < 1 ? (1000 * v).toPrecision(3) + " ms" : v.toFixed(2) + " s",
    BYTES: v => (v / 1048576).toFixed(2) + " MiB",
  };
  for (const figure of document.querySelectorAll("figure.lines")) {
    const chart = JSON.parse(figure.dataset.chart);
    const svg = figure.querySelector("svg");
    const hover = svg.querySelector(".hover");
    const make = (tag, attributes) => {
      const e = document.createElementNS("http://www.w3.org/2000/svg", tag);
      for (const [key, value] of Object.entries(attributes)) e.setAttribute(key, value);
      hover.append(e);
    };
    let tip = null;
    const clear = () => {
      hover.replaceChildren();
      tip?.remove();
      tip = null;
    };
    svg.addEventListener("pointerleave", clear);
    svg.addEventListener("pointermove", event => {
      clear();
      const box = svg.getBoundingClientRect();
      const scale = svg.viewBox.baseVal.width / box.width;
      const x = (event.clientX - box.left) * scale;
      if (x < chart.left || x > chart.right) return;
      let shownX = null;
      const lines = [];
      for (const s of chart.series) {
        if (s.points.length === 0) continue;
        const near = s.points.reduce((a, b) => Math.abs(b[0] - x) < Math.abs(a[0] - x) ? b : a);
        shownX ??= near;
        make("circle", { class: "point c" + s.color, cx: near[0], cy: near[1], r: 4.5 });
        lines.push([s, near]);
      }
      if (shownX === null) return;
      make("line", { class: "cursor", x1: shownX[0], x2: shownX[0], y1: chart.top, y2: chart.bottom });
      tip = document.createElement("div");
      tip.className = "tip";
      const head = document.createElement("b");
      head.textContent = units[chart.xUnit](shownX[2]) + (chart.xUnit === "COUNT" ? " " + chart.xLabel : "");
      tip.append(head);
      for (const [s, p] of lines) {
        const line = document.createElement("div");
        const swatch = document.createElement("i");
        swatch.className = "swatch b" + s.color;
        line.append(swatch, s.name + "  " + units[chart.yUnit](p[3]));
        tip.append(line);
      }
      figure.append(tip);
      const side = x > (chart.left + chart.right) / 2;
      tip.style.left = (side ? box.left - figure.getBoundingClientRect().left + shownX[0] / scale - tip.offsetWidth - 12
        : box.left - figure.getBoundingClientRect().left + shownX[0] / scale + 12) + "px";
      tip.style.top = "44px";
    });
  }
})();
