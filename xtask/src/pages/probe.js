// Uses the replay as a reader would, and leaves what it saw in the page.
(async () => {
  const [canvas, play, scrub] = ["scene", "play", "scrub"].map((id) => document.getElementById(id));
  const later = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
  const pixels = () => canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  const step = () => Number(scrub.value);
  const press = (key) => {
    canvas.focus();
    canvas.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  };
  const seen = {};
  const begin = step();
  await later(1000);
  seen.advanced = step() - begin;
  if (play.textContent === "Pause") play.click();
  const paused = step();
  await later(500);
  seen.moved_while_paused = step() - paused;
  const before = pixels();
  scrub.value = 123;
  scrub.dispatchEvent(new Event("input", { bubbles: true }));
  await later(100);
  seen.scrubbed_to = document.getElementById("at-step").textContent;
  const after = pixels();
  seen.bytes_changed = after.filter((value, index) => value !== before[index]).length;
  seen.colours = new Set(new Uint32Array(after.buffer)).size;
  press("ArrowRight");
  seen.after_arrow = step();
  press(" ");
  await later(500);
  seen.after_space = step();
  seen.outside = performance.getEntriesByType("resource").length;
  seen.faults = faults;
  const findings = document.createElement("pre");
  findings.id = "findings";
  findings.textContent = JSON.stringify(seen);
  document.body.append(findings);
})();
