"use strict";
(() => {
  const { episode } = JSON.parse(document.getElementById("data").textContent);
  const { frames, tau_s: tau, points_s: ahead } = episode;
  const element = (id) => document.getElementById(id);
  const [canvas, play, scrub, speed] = ["scene", "play", "scrub", "speed"].map(element);
  const pen = canvas.getContext("2d");
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const widening = 2.5; // futures part little in the time shown, so sideways they are drawn larger than the cart
  const farthest = Math.max(...frames.map((frame) => Math.abs(frame.state[0])));
  const reach = Math.min(farthest + 0.8, episode.x_threshold_m * 1.12);
  let at = 0; // the frame that is shown; its fraction is time until the next
  let playing = false;
  let before = null; // when the last picture was drawn
  let colours = {};

  const readColours = () => {
    const style = getComputedStyle(document.documentElement);
    for (const name of ["paper", "ink", "soft", "line", "wash", "alive", "failed", "force", "push"]) {
      colours[name] = style.getPropertyValue("--" + name).trim();
    }
  };

  // Metres to pixels: all of the episode fits in, and above the pole there is room for what is to come.
  const layout = () => {
    const { width, height } = canvas.getBoundingClientRect();
    const unit = Math.min(width / (2 * reach), (height * 0.4) / episode.pole_m);
    const ground = height - 74;
    const tip = ground - 0.1 * unit - episode.pole_m * unit;
    return { width, height, unit, ground, ceiling: 26, tip, x: (metre) => width / 2 + metre * unit };
  };

  const stroke = (points, colour, width, dash = []) => {
    pen.beginPath();
    points.forEach(([x, y], i) => (i ? pen.lineTo(x, y) : pen.moveTo(x, y)));
    pen.strokeStyle = colour;
    pen.lineWidth = width;
    pen.setLineDash(dash);
    pen.stroke();
    pen.setLineDash([]);
  };

  const text = (words, x, y, align = "left", colour = colours.soft) => {
    pen.font = "12px system-ui, 'DejaVu Sans', sans-serif";
    pen.fillStyle = colour;
    pen.textAlign = align;
    pen.fillText(words, x, y);
  };

  const arrow = (x, y, length, colour, dash = []) => {
    const [tip, head] = [x + length, Math.sign(length) * 9];
    stroke([[x, y], [tip, y]], colour, 3, dash);
    stroke([[tip - head, y - 6], [tip, y], [tip - head, y + 6]], colour, 3);
  };

  // Where the pole's tip goes, upwards into the future.
  const path = (frame, tip, future, place) => {
    const points = [[tip[0], tip[1]]];
    for (let i = 0; i < future.length; i += 2) {
      const x = frame.state[0] + future[i] / 1000;
      const theta = frame.state[2] + future[i + 1] / 1000;
      const share = ahead[i / 2] / ahead[ahead.length - 1];
      const y = tip[1] + (place.ceiling - tip[1]) * share;
      const aside = place.x(x + episode.pole_m * Math.sin(theta)) - tip[0];
      points.push([tip[0] + aside * widening, y]);
    }
    return points;
  };

  const fan = (frame, tip, place) => {
    pen.globalAlpha = 0.75;
    for (const future of frame.failed) {
      const points = path(frame, tip, future, place);
      stroke(points, colours.failed, 1, [4, 3]);
      const [x, y] = points[points.length - 1];
      stroke([[x - 3, y - 3], [x + 3, y + 3]], colours.failed, 1.5);
      stroke([[x - 3, y + 3], [x + 3, y - 3]], colours.failed, 1.5);
    }
    for (const future of frame.alive) stroke(path(frame, tip, future, place), colours.alive, 1.3);
    pen.globalAlpha = 1;
  };

  const track = (place) => {
    const { ground, unit, width } = place;
    const far = ahead[ahead.length - 1];
    for (const share of [0.5, 1]) {
      const y = place.tip + (place.ceiling - place.tip) * share;
      stroke([[0, y], [width, y]], colours.line, 1);
      text("+" + (far * share).toFixed(2) + " s", 8, y - 5);
    }
    stroke([[0, ground], [width, ground]], colours.soft, 1.5);
    for (let metre = -Math.floor(width / 2 / unit); metre <= width / 2 / unit; metre++) {
      stroke([[place.x(metre), ground], [place.x(metre), ground + 5]], colours.soft, 1);
      const room = Math.abs(place.x(metre) - width / 2) < width / 2 - 16;
      if (room) text((metre < 0 ? "\u2212" : "") + Math.abs(metre) + " m", place.x(metre), ground + 18, "center");
    }
    for (const limit of [-episode.x_threshold_m, episode.x_threshold_m]) {
      const x = place.x(limit);
      stroke([[x, ground - 0.4 * unit], [x, ground]], colours.failed, 2, [5, 4]);
    }
  };

  const cart = (frame, place) => {
    const { unit, ground } = place;
    const [x, , theta] = frame.state;
    const [wide, high] = [0.42 * unit, 0.2 * unit];
    const [left, top] = [place.x(x) - wide / 2, ground - high - 0.04 * unit];
    const pivot = [place.x(x), top + high * 0.25];
    const tip = [
      pivot[0] + Math.sin(theta) * episode.pole_m * unit,
      pivot[1] - Math.cos(theta) * episode.pole_m * unit,
    ];
    fan(frame, tip, place);
    stroke([pivot, tip], colours.ink, Math.max(4, 0.05 * unit));
    pen.fillStyle = colours.ink;
    pen.fillRect(left, top, wide, high);
    for (const wheel of [0.22, 0.78]) {
      pen.beginPath();
      pen.arc(left + wide * wheel, ground - 0.045 * unit, 0.045 * unit, 0, 7);
      pen.fillStyle = colours.soft;
      pen.fill();
    }
    pen.beginPath();
    pen.arc(pivot[0], pivot[1], Math.max(2.5, 0.025 * unit), 0, 7);
    pen.fillStyle = colours.wash;
    pen.fill();
    const side = Math.sign(frame.force_n);
    const scale = (newton) => (newton / episode.force_n) * 0.36 * unit;
    if (side) arrow(place.x(x) + (side * wide) / 2, top + high / 2, scale(frame.force_n), colours.force);
    if (frame.push_n) {
      const from = place.x(x) - Math.sign(frame.push_n) * (wide / 2 + Math.abs(scale(frame.push_n)) + 6);
      arrow(from, top - 8, scale(frame.push_n), colours.push, [7, 3]);
    }
  };

  // The angle over the whole episode, pushes included, and where we are in it.
  const strip = (place) => {
    const { width, height } = place;
    const [middle, half] = [height - 24, 15];
    const x = (step) => 8 + (step / Math.max(1, frames.length - 1)) * (width - 16);
    frames.forEach((frame, step) => {
      if (!frame.push_n) return;
      pen.fillStyle = colours.push;
      pen.fillRect(x(step), height - 5, Math.max(1, x(1) - x(0)), 4);
    });
    stroke([[8, middle], [width - 8, middle]], colours.line, 1);
    const most = Math.max(0.02, ...frames.map((frame) => Math.abs(frame.state[2])));
    const points = frames.map((frame, step) => [x(step), middle - (frame.state[2] / most) * half]);
    stroke(points, colours.soft, 1.2);
    const now = x(Math.floor(at));
    stroke([[now, middle - half - 4], [now, height - 1]], colours.alive, 2);
  };

  const draw = () => {
    const ratio = devicePixelRatio || 1;
    const place = layout();
    const size = [place.width, place.height].map((length) => Math.max(1, Math.round(length * ratio)));
    if (canvas.width !== size[0] || canvas.height !== size[1]) [canvas.width, canvas.height] = size;
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, place.width, place.height);
    pen.lineJoin = "round";
    track(place);
    cart(frames[Math.floor(at)], place);
    strip(place);
  };

  const signed = (value, digits, unit) => {
    const size = Math.abs(value).toFixed(digits);
    return (value < 0 && Number(size) !== 0 ? "\u2212" : "+") + size + " " + unit;
  };

  const tell = () => {
    const step = Math.floor(at);
    const frame = frames[step];
    const [x, v, theta] = frame.state;
    const words = {
      "at-step": step + " of " + (frames.length - 1),
      "at-time": (step * tau).toFixed(2) + " s",
      "at-x": signed(x, 3, "m"),
      "at-theta": signed((theta * 180) / Math.PI, 2, "\u00b0"),
      "at-v": signed(v, 2, "m/s"),
      "at-force": signed(frame.force_n, 0, "N") + (frame.push_n ? ", push " + signed(frame.push_n, 0, "N") : ""),
      "at-dead": frame.dead_percent.toFixed(1) + " %",
    };
    for (const id in words) element(id).textContent = words[id];
    scrub.value = step;
    scrub.setAttribute("aria-valuetext", "step " + step + ", " + words["at-time"]);
  };

  const show = (step) => {
    at = Math.min(Math.max(step, 0), frames.length - 1);
    tell();
    draw();
  };

  const tick = (now) => {
    if (!playing) return;
    const passed = before === null ? 0 : Math.min(now - before, 100) / 1000;
    before = now;
    show(at + (passed * Number(speed.value)) / tau);
    if (at >= frames.length - 1) set(false);
    else requestAnimationFrame(tick);
  };

  const set = (wanted) => {
    if (playing === wanted) return;
    playing = wanted;
    play.textContent = playing ? "Pause" : "Play";
    play.setAttribute("aria-pressed", String(playing));
    if (!playing) return;
    if (at >= frames.length - 1) at = 0;
    before = null;
    requestAnimationFrame(tick);
  };

  const key = (event) => {
    const typing = event.target.closest("select, a, button");
    if (typing || event.ctrlKey || event.altKey || event.metaKey) return;
    const far = event.shiftKey ? 10 : 1;
    const step = Math.floor(at);
    const to = {
      ArrowLeft: step - far, ArrowRight: step + far, Home: 0, End: frames.length - 1,
    }[event.key];
    if (event.key === " ") set(!playing);
    else if (to !== undefined) { set(false); show(to); }
    else return;
    event.preventDefault();
  };

  scrub.max = frames.length - 1;
  scrub.addEventListener("input", () => { set(false); show(Number(scrub.value)); });
  play.addEventListener("click", () => set(!playing));
  addEventListener("keydown", key);
  addEventListener("resize", draw);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { readColours(); draw(); });
  still.addEventListener("change", () => { if (still.matches) set(false); });
  readColours();
  show(0);
  if (!still.matches) set(true);
})();

// Plots and tables that are wider than their frames: the style tells the reader.
(() => {
  const frames = document.querySelectorAll(".plot, .scroll");
  const look = (frame) => {
    const rest = frame.scrollWidth - frame.clientWidth;
    frame.classList.toggle("wide", rest > 1);
    frame.classList.toggle("more", rest - frame.scrollLeft > 1);
  };
  const lookAtAll = () => frames.forEach(look);
  frames.forEach((frame) => frame.addEventListener("scroll", () => look(frame)));
  addEventListener("resize", lookAtAll);
  lookAtAll();
})();
