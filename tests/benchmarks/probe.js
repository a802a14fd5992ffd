// Runs in the page: what the two figures show, frame by frame, and when it changed.
//
// A picture is what the user sees inside a figure's frame: Bokeh's canvas layers drawn into a
// small canvas of a fixed size, read back and hashed, so that looking costs the same whatever the
// contender and its figures' size. It is looked at once a frame, after all of the frame's
// animation callbacks (Bokeh paints in one of them), and only while a measurement runs.
function probe(finderSources) {
  const WIDTH = 480, HEIGHT = 240;
  const FIGURES = ["pixels", "lightcurve"];

  // --- finding things (the contenders' finders use these)
  function* shadowTree(root) {
    for (const element of root.querySelectorAll("*")) {
      yield element;
      if (element.shadowRoot) yield* shadowTree(element.shadowRoot);
    }
  }
  const withClass = (name) => {
    for (const element of shadowTree(document)) {
      if (element.classList.contains(name)) return element;
    }
    return null;
  };
  const inside = (element, name) => {
    for (let e = element; e != null; e = e.parentNode ?? e.host) {
      if (e.classList?.contains(name)) return true;
    }
    return false;
  };
  const views = (test) => (window.Bokeh?.index ? [...window.Bokeh.index.query(test)] : []);
  const viewOf = (test) => views((view) => test(view.model))[0];
  const find = Object.fromEntries(
    Object.entries(finderSources).map(([name, source]) => [name, eval(source)]));

  let cached = {};
  function figure(which) {
    if (!cached[which]?.el?.isConnected) {
      cached[which] = views((view) =>
        view.model.type === "Figure" && view.frame && find[which](view))[0];
    }
    return cached[which];
  }
  function layout(which) {  // the frame in the page, and what it shows
    const view = figure(which);
    if (!view) return null;
    const box = view.canvas.el.getBoundingClientRect(), frame = view.frame.bbox;
    const { x_range: x, y_range: y } = view.model;
    return {
      left: box.left + frame.x, top: box.top + frame.y, width: frame.width, height: frame.height,
      x: [x.start, x.end], y: [y.start, y.end],
    };
  }
  function place(which, x, y) {  // data coordinates -> page coordinates
    const view = figure(which);
    const box = view.canvas.el.getBoundingClientRect(), frame = view.frame;
    return { x: box.left + frame.x_scale.compute(x), y: box.top + frame.y_scale.compute(y) };
  }
  function handles(which) {  // of a slider, whichever widget library drew it
    const root = find[which]();
    if (!root) return [];
    const inner = [...shadowTree(root.shadowRoot ?? root), ...shadowTree(root)];
    return [...new Set(inner.filter((e) => e.matches(".noUi-handle, .MuiSlider-thumb")))];
  }
  function activateWheelZoom(which) {
    const toolbar = figure(which).model.toolbar;
    const tool = toolbar.tools.find((t) => t.type === "WheelZoomTool");
    if (tool) tool.active = true;
    return tool != null;
  }

  // --- pictures
  const contexts = {};
  function picture(which) {
    const view = figure(which);
    const frame = view?.frame?.bbox;
    if (!frame || !(frame.width > 1 && frame.height > 1)) return null;
    const context = contexts[which] ??= Object.assign(document.createElement("canvas"),
      { width: WIDTH, height: HEIGHT }).getContext("2d", { willReadFrequently: true });
    context.fillStyle = "#fff";
    context.fillRect(0, 0, WIDTH, HEIGHT);
    for (const layer of [view.canvas.primary, view.canvas.overlays]) {
      const ratio = layer.pixel_ratio;
      context.drawImage(layer.canvas, frame.x * ratio, frame.y * ratio,
        frame.width * ratio, frame.height * ratio, 0, 0, WIDTH, HEIGHT);
    }
    const words = new Uint32Array(context.getImageData(0, 0, WIDTH, HEIGHT).data.buffer);
    let hash = 0x811c9dc5, plain = true;
    for (let i = 0; i < words.length; i++) {
      hash = Math.imul(hash ^ words[i], 0x01000193);
      plain = plain && words[i] === words[0];
    }
    return plain ? null : hash >>> 0;  // a figure that painted nothing has no picture
  }

  // --- after every frame
  const channel = new MessageChannel();
  let watching = null;
  channel.port1.onmessage = ({ data }) => watching?.(data);
  function tick(frameTime) {
    if (!watching) return;
    channel.port2.postMessage(frameTime);
    requestAnimationFrame(tick);
  }
  function watch(check) {
    const idle = watching == null;
    watching = check;
    if (idle) requestAnimationFrame(tick);
  }

  // --- a measurement
  // need: figures whose pictures have to change; look: those that are looked at in each frame;
  // start: the event whose last (or, with `first`, first) occurrence is time 0, null for the
  // page's navigation start. Ends when nothing has
  // changed for `settle` ms after both changed and the last event, or after `timeout` ms.
  function arm({ start, need = FIGURES, look = FIGURES, settle = 400, timeout = 20000,
                 first = false }) {
    const shown = {}, changes = {}, changed = {};
    let origin = start == null ? 0 : null, lastEvent = 0, checks = 0, checking = 0, events = 0;
    for (const which of new Set([...need, ...look])) {
      shown[which] = start == null ? null : picture(which);
      changes[which] = [];
    }
    const armed = performance.now();
    const onEvent = (event) => {
      events += 1;
      lastEvent = performance.now();
      if (!(first && origin != null)) origin = event.timeStamp;
    };
    if (start) window.addEventListener(start, onEvent, { capture: true, passive: true });
    arm.promise = new Promise((resolve) => watch((frameTime) => {
      const now = performance.now();
      if (origin != null) {
        for (const which of look) {
          const hash = picture(which);
          if (hash != null && hash !== shown[which]) {
            shown[which] = hash;
            // frame: when the frame began; painted: when its callbacks had run;
            // visible: when its pixels could be read, so that they had been drawn
            changes[which].push({ frame: frameTime - origin, painted: now - origin,
                                  visible: performance.now() - origin });
            changed.last = now;
          }
        }
        checks += 1;
        checking += performance.now() - now;
      }
      const done = need.every((which) => changes[which].length);
      const quiet = now - Math.max(changed.last ?? 0, lastEvent) > settle;
      const late = now - armed > timeout;
      if ((done && quiet) || late) {
        watching = null;
        if (start) window.removeEventListener(start, onEvent, { capture: true });
        resolve({ done, changes, events, pictures: shown, checks, last_event: lastEvent - origin,
                  check_ms: checking / Math.max(1, checks), origin,
                  wall: performance.timeOrigin + (origin ?? 0) });
      }
    }));
  }

  return { arm, result: () => arm.promise, layout, place, handles, activateWheelZoom, picture,
           ready: () => FIGURES.every((which) => figure(which) && picture(which) != null) };
}
