// What the tests ask a page that is shown. Every check gives a list of what is wrong, empty if nothing is.
window.checks = (() => {
  const name = (one) => `${one.tagName}.${one.getAttribute("class") ?? ""} ${(one.textContent ?? "").trim().slice(0, 40)}`;
  const seen = (one) => {
    const box = one.getBoundingClientRect();
    return box.width > 0 && box.height > 0 && !one.closest(".heard, .skip");
  };
  const colour = (text) => {
    const parts = text.match(/[\d.]+/g).map(Number);
    return { rgb: parts.slice(0, 3), alpha: parts.length > 3 ? parts[3] : 1 };
  };
  const light = (rgb) => {
    const [r, g, b] = rgb.map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ratio = (one, two) => {
    const [high, low] = [light(one), light(two)].sort((a, b) => b - a);
    return (high + 0.05) / (low + 0.05);
  };
  const behind = (one) => {
    for (let at = one; at; at = at.parentElement) {
      const found = colour(getComputedStyle(at).backgroundColor);
      if (found.alpha > 0) return found.rgb;
    }
    return [255, 255, 255];
  };
  const behindDrawn = (text) => {
    const box = text.getBoundingClientRect();
    const stack = document.elementsFromPoint(box.x + box.width / 2, box.y + box.height / 2);
    for (const one of stack) {
      if (!one.closest("svg") || one.tagName === "text" || one.tagName === "svg") continue;
      const fill = getComputedStyle(one).fill;
      if (fill && fill !== "none" && colour(fill).alpha > 0) return colour(fill).rgb;
    }
    return behind(text.closest("figure"));
  };
  const texts = () => [...document.querySelectorAll("svg text")];
  const overlap = (a, b) => a.left < b.right - 1 && b.left < a.right - 1 && a.top + 2 < b.bottom - 2 && b.top + 2 < a.bottom - 2;

  return {
    outside: () =>
      [...document.querySelectorAll("body *")]
        .filter((one) => seen(one) && !one.closest(".table table") && !one.closest("svg *"))
        .filter((one) => {
          const box = one.getBoundingClientRect();
          return box.left < -0.5 || box.right > document.documentElement.clientWidth + 0.5;
        })
        .map(name),
    cutTexts: () =>
      texts()
        .filter((one) => {
          const box = one.getBoundingClientRect();
          const frame = one.closest("svg").getBoundingClientRect();
          return box.left < frame.left - 1 || box.right > frame.right + 1 || box.top < frame.top - 3 || box.bottom > frame.bottom + 3;
        })
        .map(name),
    overlapping: () => {
      const found = [];
      for (const svg of document.querySelectorAll("svg")) {
        const boxes = [...svg.querySelectorAll("text")].map((one) => [one.textContent, one.getBoundingClientRect()]);
        boxes.forEach(([text, box], n) => {
          for (const [other, place] of boxes.slice(n + 1)) if (overlap(box, place)) found.push(`${svg.id} ${text} / ${other}`);
        });
      }
      return found;
    },
    contrasts: () => {
      const found = [];
      const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      for (let node = walk.nextNode(); node; node = walk.nextNode()) {
        const one = node.parentElement;
        if (!node.textContent.trim() || !seen(one) || one.closest("title, desc, style")) continue;
        const style = getComputedStyle(one);
        const drawn = one.closest("svg") !== null;
        const ink = colour(drawn ? style.fill : style.color);
        const size = parseFloat(style.fontSize);
        const large = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
        const back = drawn ? behindDrawn(one) : behind(one);
        found.push({ text: node.textContent.trim().slice(0, 30), ratio: ratio(ink.rgb, back), least: large ? 3 : 4.5, drawn });
      }
      return found;
    },
    smallestText: () =>
      Math.min(
        ...texts().map((one) => parseFloat(getComputedStyle(one).fontSize) * one.getScreenCTM().d),
        ...[...document.querySelectorAll("p, td, th, li, dd, dt, a")].map((one) => parseFloat(getComputedStyle(one).fontSize)),
      ),
    structure: () => {
      const wrong = [];
      const one = (pick) => document.querySelectorAll(pick).length === 1 || wrong.push(`not one ${pick}`);
      ["h1", "main", "header", "footer", "nav", "title"].forEach((pick) => (pick === "title" ? one("head > title") : one(pick)));
      const levels = [...document.querySelectorAll("h1, h2, h3, h4")].map((h) => Number(h.tagName[1]));
      levels.forEach((level, n) => level > (levels[n - 1] ?? 0) + 1 && wrong.push(`heading ${n} skips a level`));
      const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
      ids.filter((id, n) => ids.indexOf(id) !== n).forEach((id) => wrong.push(`id ${id} twice`));
      document.querySelectorAll("a[href]").forEach((a) => {
        const href = a.getAttribute("href");
        if (!href.startsWith("#") || !document.getElementById(href.slice(1))) wrong.push(`link to ${href}`);
        if (!(a.getAttribute("aria-label") ?? a.textContent).trim()) wrong.push("link without words");
      });
      document.querySelectorAll("svg").forEach((svg) => {
        if (svg.getAttribute("role") !== "img") wrong.push("drawing without role");
        for (const id of (svg.getAttribute("aria-labelledby") ?? "-").split(" "))
          if (!document.getElementById(id)?.textContent.trim()) wrong.push(`drawing without ${id}`);
      });
      document.querySelectorAll("svg use").forEach((use) => {
        const to = use.getAttribute("href") ?? use.getAttribute("xlink:href");
        if (!document.getElementById(to.slice(1))) wrong.push(`drawing uses ${to}`);
      });
      document.querySelectorAll("table").forEach((table) => {
        if (!table.caption?.textContent.trim()) wrong.push("table without caption");
        if (table.querySelectorAll("th:not([scope])").length) wrong.push("header cell without scope");
        const widths = new Set([...table.rows].map((row) => row.cells.length));
        if (widths.size !== 1) wrong.push(`rows of ${[...widths]} cells: ${table.caption?.textContent}`);
      });
      document.querySelectorAll("section").forEach((s) => document.getElementById(s.getAttribute("aria-labelledby")) ?? wrong.push(`section ${s.id}`));
      if (document.querySelectorAll("script, img, iframe, link, object, embed").length) wrong.push("something from elsewhere");
      return wrong;
    },
  };
})();
