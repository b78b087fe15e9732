window.faults = [];
addEventListener("error", (event) => faults.push(String(event.message)));
addEventListener("unhandledrejection", (event) => faults.push(String(event.reason)));
for (const kind of ["error", "warn"]) console[kind] = (...words) => faults.push(words.join(" "));
// A browser without a window draws no frames while its clock runs ahead, so frames come by that clock.
window.requestAnimationFrame = (draw) => setTimeout(() => draw(performance.now()), 16);
