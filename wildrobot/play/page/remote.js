/* The stick over the picture, the keys, and gamepads. What they say goes into a hidden text field, see remote.py. */
(() => {
  const MARK = "wildrobot-remote";
  const KEYS = {
    KeyW: [1, 0, 0], ArrowUp: [1, 0, 0], KeyS: [-1, 0, 0], ArrowDown: [-1, 0, 0],
    KeyA: [0, 1, 0], ArrowLeft: [0, 1, 0], KeyD: [0, -1, 0], ArrowRight: [0, -1, 0],
    KeyQ: [0, 0, 1], KeyE: [0, 0, -1],
  };
  const DEAD = 0.15; /* of a gamepad's stick, which never rests quite in the middle */
  const find = () => [...document.querySelectorAll("input")].find((input) => input.value.startsWith(MARK));

  const hide = () => {
    const field = find();
    const folder = field && field.closest(".mantine-Paper-root");
    if (folder) folder.style.display = "none";
    return field;
  };
  hide();
  /* The panel was drawn anew, or viser has connected again: the field is another one, all else is still here. */
  if (window.wildrobotRemote) return;
  window.wildrobotRemote = true;

  const state = { pad: [0, 0], turn: 0, held: new Set(), game: [0, 0, 0], pressed: {}, stops: 0, resets: 0, sent: "" };
  let count = 0;

  const axes = () => {
    const sum = [state.pad[0] + state.game[0], state.pad[1] + state.game[1], state.turn + state.game[2]];
    for (const code of state.held) KEYS[code].forEach((value, axis) => { sum[axis] += value; });
    return sum.map((value) => Math.max(-1, Math.min(1, value)));
  };
  const send = () => {
    const said = [...axes().map((value) => value.toFixed(2)), state.stops, state.resets].join(" ");
    if (said === state.sent) return;
    const field = hide();
    if (!field) return;
    state.sent = said;
    count += 1;
    /* React hears of a new value by this event alone, and only if the value was set past its own setter. */
    const setter = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set;
    setter.call(field, `${MARK} ${count} ${said}`);
    field.dispatchEvent(new Event("input", { bubbles: true }));
    draw();
  };
  const release = () => { state.pad = [0, 0]; state.turn = 0; state.held.clear(); send(); };
  const stop = () => { state.stops += 1; release(); };
  const reset = () => { state.resets += 1; send(); };

  const style = document.createElement("style");
  style.textContent = `
    #wr-remote { position: fixed; left: 14px; bottom: 14px; z-index: 1000; display: grid; gap: 8px; width: 132px;
      font: 12px/1.4 system-ui, sans-serif; color: #fff; user-select: none; -webkit-user-select: none; }
    #wr-remote .pad, #wr-remote .turn { position: relative; touch-action: none; cursor: grab;
      background: rgba(25, 28, 33, 0.72); border: 1px solid rgba(255, 255, 255, 0.35); }
    #wr-remote .pad { width: 130px; height: 130px; border-radius: 50%; }
    #wr-remote .turn { width: 130px; height: 38px; border-radius: 20px; }
    #wr-remote .knob { position: absolute; left: 50%; top: 50%; width: 38px; height: 38px; margin: -19px;
      border-radius: 50%; background: #e8590c; pointer-events: none; }
    #wr-remote .turn .knob { width: 30px; height: 30px; margin: -15px; }
    #wr-remote span { position: absolute; pointer-events: none; }
    #wr-remote button { height: 38px; border: 0; border-radius: 8px; background: #c92a2a; color: #fff; cursor: pointer;
      font: 600 14px system-ui, sans-serif; }
    #wr-remote button:focus-visible { outline: 3px solid #4dabf7; outline-offset: 2px; }
    /* On a phone the panel covers the lower half. */
    @media (max-width: 600px) { #wr-remote { left: 8px; top: 8px; bottom: auto; } }`;
  document.head.append(style);
  const box = document.createElement("div");
  box.id = "wr-remote";
  box.innerHTML = `
    <button type="button" title="Space">Stop</button>
    <div class="turn" aria-label="turn: Q and E" title="Turn: Q, E"><span style="left:12px;top:9px">Q</span>
      <span style="right:12px;top:9px">E</span><div class="knob"></div></div>
    <div class="pad" aria-label="walk: W, A, S, D" title="Walk: W, A, S, D">
      <span style="left:59px;top:6px">W</span><span style="left:9px;top:56px">A</span>
      <span style="right:9px;top:56px">D</span><span style="left:61px;bottom:6px">S</span><div class="knob"></div></div>`;
  document.body.append(box);
  const pad = box.querySelector(".pad"), turn = box.querySelector(".turn");
  box.querySelector("button").addEventListener("click", stop);

  const draw = () => {
    const [forward, left, turning] = axes();
    pad.querySelector(".knob").style.transform = `translate(${-46 * left}px, ${-46 * forward}px)`;
    turn.querySelector(".knob").style.transform = `translateX(${-46 * turning}px)`;
  };
  const dragged = (element, move, end) => {
    element.addEventListener("pointerdown", (event) => { element.setPointerCapture(event.pointerId); move(event); });
    element.addEventListener("pointermove", (event) => { if (element.hasPointerCapture(event.pointerId)) move(event); });
    for (const name of ["pointerup", "pointercancel", "lostpointercapture"]) element.addEventListener(name, end);
  };
  const offset = (element, event) => {
    const area = element.getBoundingClientRect();
    return [(event.clientX - area.left - area.width / 2) / 46, (event.clientY - area.top - area.height / 2) / 46];
  };
  dragged(pad, (event) => {
    const [x, y] = offset(pad, event), size = Math.max(1, Math.hypot(x, y));
    state.pad = [-y / size, -x / size];
    send();
  }, () => { state.pad = [0, 0]; send(); });
  dragged(turn, (event) => {
    state.turn = Math.max(-1, Math.min(1, -offset(turn, event)[0]));
    send();
  }, () => { state.turn = 0; send(); });

  const typing = (target) => target instanceof Element && target.closest("input, textarea, select, [role=slider]");
  /* In the capture phase and no further: viser would move its camera by the same keys. `window.`, because a bare
     name means the image's own method in a handler of an image. */
  window.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    if (event.code in KEYS) state.held.add(event.code);
    else if (event.code === "Space" && !(event.target.closest && event.target.closest("button, a"))) stop();
    else if (event.code === "KeyR" && !event.repeat) reset();
    else return;
    event.preventDefault();
    event.stopPropagation();
    send();
  }, true);
  window.addEventListener("keyup", (event) => { if (state.held.delete(event.code)) send(); }, true);
  window.addEventListener("blur", release);
  document.addEventListener("visibilitychange", () => { if (document.hidden) release(); });

  const rested = (value) => (Math.abs(value) < DEAD ? 0 : value);
  const poll = () => {
    const gamepad = [...navigator.getGamepads()].find((each) => each && each.mapping === "standard");
    state.game = gamepad ? [-gamepad.axes[1], -gamepad.axes[0], -gamepad.axes[2]].map(rested) : [0, 0, 0];
    const buttons = { stop: gamepad && gamepad.buttons[1].pressed, reset: gamepad && gamepad.buttons[3].pressed };
    if (buttons.stop && !state.pressed.stop) stop();
    if (buttons.reset && !state.pressed.reset) reset();
    state.pressed = buttons;
    send();
    requestAnimationFrame(poll);
  };
  requestAnimationFrame(poll);
})();
