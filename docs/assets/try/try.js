// Batuta in the page: loads Python and the wheels on click, asks, and shows what was really done.

const root = document.getElementById("try");
if (root) arrange(root);

function arrange(root) {
  const button = root.querySelector("#try-start");
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      const club = await opened(root);
      root.querySelector(".try-start").remove();
      show(root, club);
    } catch (error) {
      say(root, `It could not be started: ${error.message ?? error}`);
      button.disabled = false;
    }
  });
}

function say(root, text) {
  root.querySelector("#try-status").textContent = text;
}

async function bytes(address) {
  const answer = await fetch(address);
  if (!answer.ok) throw new Error(`${address} answered ${answer.status}`);
  return new Uint8Array(await answer.arrayBuffer());
}

async function opened(root) {
  const assets = new URL(root.dataset.assets, document.baseURI).href;
  say(root, "Loading Python …");
  const { loadPyodide } = await import(`${assets}pyodide.mjs`);
  const names = JSON.parse(new TextDecoder().decode(await bytes(`${assets}wheels.json`)));
  const wheels = Promise.all(names.map((name) => bytes(assets + name)));
  const sources = Promise.all(["at_the_club.py", "try_page.py"].map((name) => bytes(assets + name)));
  const python = await loadPyodide({ indexURL: assets });
  say(root, "Unpacking the wheels …");
  for (const wheel of await wheels) python.unpackArchive(wheel, "wheel");
  const [club, page] = await sources;
  python.FS.writeFile("at_the_club.py", club);
  python.FS.writeFile("try_page.py", page);
  say(root, "Opening the club …");
  const made = python.pyimport("try_page");
  return { made, about: JSON.parse(await made.start()) };
}

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

function show(root, { made, about }) {
  const room = root.querySelector("#try-room");
  const pages = new URL(root.dataset.pages, document.baseURI).href;
  const state = { key: about.scale[0].key, session: "" };
  const known = new Map([...about.scale, ...about.compositions].map((each) => [each.key, each]));

  const slider = element("input", {
    type: "range", id: "try-scale", min: 0, max: about.scale.length - 1, step: 1, value: 0,
    "aria-describedby": "try-who",
  });
  const marks = element("div", { class: "try-marks", "aria-hidden": "true" });
  about.scale.forEach((each) => marks.append(element("span", {}, each.key.toUpperCase())));
  const picked = element("select", { id: "try-composition" },
    element("option", { value: "" }, "none: a control style"),
    ...about.compositions.map((each) => element("option", { value: each.key }, each.name)));
  const who = element("p", { id: "try-who", class: "try-who", "aria-live": "polite" });
  const text = element("input", { type: "text", id: "try-text", autocomplete: "off", maxlength: 500 });
  const send = element("button", { type: "submit", class: "md-button md-button--primary" }, "Send");
  const anew = element("button", { type: "button", class: "md-button" }, "New conversation");
  anew.addEventListener("click", () => {
    state.session = "";
    log.replaceChildren();
    choose(state.key);
    text.focus();
  });
  const form = element("form", { class: "try-form" },
    element("label", { for: "try-text" }, "Your message"), text, send, anew);
  const log = element("div", { id: "try-log", class: "try-log", role: "log" });
  const bookings = element("ul", { id: "try-bookings" }, element("li", {}, "none yet"));

  const choose = (key) => {
    const chosen = known.get(key);
    state.key = key;
    slider.setAttribute("aria-valuetext", chosen.name);
    const page = new URL(chosen.page.replace(/\.md$/, "/"), pages).href;
    who.replaceChildren(element("a", { href: page }, chosen.name), `: ${chosen.decides} decides. `,
      `For ${chosen.when}.`);
    text.value = chosen.ask;
  };
  slider.addEventListener("input", () => {
    picked.value = "";
    choose(about.scale[Number(slider.value)].key);
  });
  picked.addEventListener("change", () => {
    choose(picked.value || about.scale[Number(slider.value)].key);
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const asked = text.value.trim();
    if (!asked || send.disabled) return;
    send.disabled = true;
    say(root, "At work …");
    await new Promise((resolve) => setTimeout(resolve)); // let the page draw first
    const answer = JSON.parse(await made.say(state.key, asked, state.session));
    state.session = answer.session;
    log.append(turn(asked, known.get(state.key), answer));
    bookings.replaceChildren(...(answer.bookings?.length ? answer.bookings : ["none yet"])
      .map((each) => element("li", {}, each)));
    say(root, "");
    text.value = "";
    send.disabled = false;
    text.focus();
  });

  room.append(
    element("div", { class: "try-pick" },
      element("div", { class: "try-slide" },
        element("label", { for: "try-scale" }, "From control to autonomy"), slider, marks),
      element("div", {}, element("label", { for: "try-composition" }, "Or a composition"), picked)),
    who, log, form, element("h3", { id: "try-stands" }, "What stands in the database"), bookings);
  room.hidden = false;
  say(root, "Ready.");
  choose(state.key);
}

function counted(number, what) {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}

function turn(asked, pattern, answer) {
  const made = element("article", { class: answer.failed ? "try-turn try-failed" : "try-turn" },
    element("p", { class: "try-asked" }, asked),
    element("p", { class: "try-answer" }, answer.text));
  if (!answer.svg) return made;
  const decided = Object.entries(answer.deciders).map(([by, times]) => `${by} ${times}`).join(" · ");
  const facts = [`${pattern.name}: decided by ${decided}`, counted(answer.model_calls, "model call"),
    counted(answer.tool_calls, "tool call"), `${answer.milliseconds} ms`, ...answer.effects];
  if (answer.stand_in) facts.push("answered by a stand-in, no AI");
  made.append(element("p", { class: "try-facts" }, facts.join(" · ")));
  const drawing = element("div", {
    class: "try-drawing", tabindex: "0", role: "group", "aria-label": "Diagram of this run",
  });
  drawing.innerHTML = answer.svg; // drawn by telemetry.svg, which escapes what it is told
  const words = element("details", {}, element("summary", {}, "The same in words"),
    element("pre", { tabindex: "0" }, answer.as_text));
  made.append(drawing, words);
  return made;
}
