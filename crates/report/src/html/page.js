"use strict";
// The table of all keys. Strangers' words get into the page as text alone (textContent), never as HTML.
(() => {
  const ROWS_OF_A_PAGE = 100;
  const ROWS_IN_PRINT = 2000;
  const NEVER = -2;
  const MARKS = { overdue: "▲", held: "◆", unknown: "?", due: "●", exempt: "○", compliant: "✓" };
  const GRAVITY = Object.keys(MARKS);

  const $ = (id) => document.getElementById(id);
  const data = JSON.parse($("data").textContent);
  const count = data.key.length;
  const text = (column) => (row) => data.texts[data[column][row]];
  const compliance = text("compliance");
  const reason = text("reason");
  const gravity = data.texts.map((name) => GRAVITY.indexOf(name));

  const day = (days) => (days >= 0 ? new Date(days * 86400000).toISOString().slice(0, 10) : days === NEVER ? "never" : "–");
  const two = (first, second) => [first, second];
  const account = (row) => data.accounts[data.account[row]];
  // Each column: its title, what it is sorted by, and its text with a second, smaller one.
  const COLUMNS = [
    ["Compliance", (row) => gravity[data.compliance[row]], (row) => two(compliance(row), "")],
    ["Account", (row) => account(row)[1].toLowerCase() + account(row)[0], (row) => two(account(row)[1], account(row)[0])],
    ["User", (row) => data.user[row].toLowerCase(), (row) => two(data.user[row], "")],
    ["Key", (row) => data.key[row], (row) => two("", data.key[row])],
    ["Status", text("status"), (row) => two(text("status")(row), "")],
    ["Age", (row) => data.age[row], (row) => two(data.age[row] < 0 ? "–" : data.age[row] + " d", "")],
    ["Last used", (row) => data.used[row], (row) => two(day(data.used[row]), text("service")(row) + " " + text("region")(row))],
    ["Standing", text("standing"), (row) => two(text("standing")(row), data.other[row])],
    ["Next step", text("step"), (row) => two(text("step")(row), reason(row))],
    ["Due", (row) => (data.due[row] < 0 ? Infinity : data.due[row]), (row) => two(day(data.due[row]), "")],
  ];

  let order = Array.from({ length: count }, (_, row) => row);
  let sorted = { column: 0, down: false };
  let matching = order;
  let page = 0;
  let words = null;

  // What a row is searched by, made at the first search.
  const searchable = () => {
    words = words || order.slice().sort((a, b) => a - b).map((row) =>
      [...account(row), data.user[row], data.key[row], reason(row), text("service")(row), compliance(row)].join(" ").toLowerCase());
    return words;
  };

  const sort = () => {
    const keys = Array.from({ length: count }, (_, row) => COLUMNS[sorted.column][1](row));
    const sign = sorted.down ? -1 : 1;
    order.sort((a, b) => (keys[a] < keys[b] ? -sign : keys[a] > keys[b] ? sign : a - b));
  };

  const filter = () => {
    const wanted = $("search").value.toLowerCase().split(/\s+/).filter(Boolean);
    const chosen = ["compliance", "status", "step"].map((id) => [data[id], $(id).value]).filter(([, value]) => value !== "");
    const all = wanted.length ? searchable() : null;
    matching = order.filter((row) =>
      chosen.every(([column, value]) => column[row] === Number(value)) && wanted.every((word) => all[row].includes(word)));
    page = 0;
  };

  const element = (name, words, className) => {
    const made = document.createElement(name);
    made.textContent = words;
    if (className) made.className = className;
    return made;
  };

  const rowOf = (row) => {
    const made = element("tr", "", compliance(row));
    COLUMNS.forEach(([title, , cell], place) => {
      const [first, second] = cell(row);
      const td = element("td", "", title === "Age" ? "number nowrap" : title === "Due" || title === "Last used" ? "nowrap" : "");
      if (place === 0) {
        const mark = element("span", MARKS[first], "mark");
        mark.setAttribute("aria-hidden", "true");
        td.append(mark);
      }
      td.append(first);
      if (second.trim()) td.append(element("span", second, title === "Key" ? "key" : "id"));
      made.append(td);
    });
    return made;
  };

  const draw = (size = ROWS_OF_A_PAGE) => {
    const from = page * size;
    const rows = matching.slice(from, from + size);
    $("rows").replaceChildren(...rows.map(rowOf));
    const number = (of) => of.toLocaleString("en");
    const range = rows.length ? `${number(from + 1)} to ${number(from + rows.length)} of ` : "";
    $("shown").textContent = `${range}${number(matching.length)} keys${matching.length < count ? `, ${number(count)} in all` : ""}`;
    $("previous").disabled = page === 0;
    $("next").disabled = from + rows.length >= matching.length;
  };

  const head = () => {
    $("head").replaceChildren(...COLUMNS.map(([title], place) => {
      const th = element("th", "", title === "Age" ? "number" : "");
      th.scope = "col";
      const is = place === sorted.column;
      if (is) th.setAttribute("aria-sort", sorted.down ? "descending" : "ascending");
      const button = element("button", title + (is ? (sorted.down ? " ↓" : " ↑") : ""));
      button.type = "button";
      button.addEventListener("click", () => {
        sorted = { column: place, down: is && !sorted.down };
        update(true);
        $("head").children[place].firstChild.focus();
      });
      th.append(button);
      return th;
    }));
  };

  const update = (resort) => {
    if (resort) {
      sort();
      head();
    }
    filter();
    draw();
  };

  const options = (id, rank) => {
    const numbers = [...new Set(data[id])].sort((a, b) => rank(data.texts[a], data.texts[b]));
    $(id).append(...numbers.map((number) => {
      const option = element("option", data.texts[number] || "none");
      option.value = number;
      return option;
    }));
    $(id).addEventListener("change", () => update(false));
  };

  const choose = (wanted, search) => {
    for (const id of ["status", "step"]) $(id).value = "";
    const option = [...$("compliance").options].find(({ textContent }) => textContent === wanted);
    // A compliance that no key has shows no key.
    $("search").value = option || !wanted ? search : wanted;
    $("compliance").value = option ? option.value : "";
    update(false);
  };

  const turn = (by) => {
    page += by;
    draw();
    $("keys").scrollIntoView();
  };

  options("compliance", (a, b) => GRAVITY.indexOf(a) - GRAVITY.indexOf(b));
  options("status", (a, b) => (a < b ? -1 : 1));
  options("step", (a, b) => (a < b ? -1 : 1));
  $("search").addEventListener("input", () => update(false));
  $("clear").addEventListener("click", () => choose("", ""));
  $("previous").addEventListener("click", () => turn(-1));
  $("next").addEventListener("click", () => turn(1));
  for (const link of document.querySelectorAll("a[data-compliance]")) {
    link.addEventListener("click", () => choose(link.dataset.compliance, link.dataset.search || ""));
  }
  addEventListener("beforeprint", () => {
    page = 0;
    draw(ROWS_IN_PRINT);
  });
  addEventListener("afterprint", () => draw());

  const theme = document.querySelector(".theme");
  const isDark = () => {
    const chosen = document.documentElement.dataset.theme;
    return chosen ? chosen === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  };
  const name = () => { theme.textContent = isDark() ? "Light" : "Dark"; };
  theme.addEventListener("click", () => {
    document.documentElement.dataset.theme = isDark() ? "light" : "dark";
    name();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", name);
  name();
  theme.hidden = false;
  $("table").hidden = false;
  update(true);
})();
