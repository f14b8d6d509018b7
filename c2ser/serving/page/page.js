// What the form does in the browser. Addresses are relative to the page, which may stand behind a proxy.
const c2ser = {
  shown: "",
  question: null,

  // Sends what is asked; returns the HTML of the answer, or of the reason why there is none. A newer question cancels it.
  async answer(audio, mode, language, cut) {
    this.question?.abort();
    const question = this.question = new AbortController();
    await this.refuse(null);
    await this.wait(audio !== null);
    const html = audio ? await this.fetched({ clip: audio.path, mode, language, cut }, question.signal) : "";
    if (question !== this.question) return this.shown;
    await this.wait(false);
    return this.shown = html;
  },

  async fetched(asked, signal) {
    const body = new FormData();
    for (const [name, value] of Object.entries(asked)) body.append(name, value);
    try {
      const response = await fetch(new URL("page/answer", document.baseURI), { method: "POST", body, signal });
      return response.ok ? await response.text() : this.failure((await response.json()).error.message);
    } catch {
      return this.failure("the server does not answer; try it again");
    }
  },

  async wait(begins) {
    const place = await this.place("#answer");
    place.classList.toggle("waiting", begins);
    place.setAttribute("aria-busy", begins);
    const isBelow = place.getBoundingClientRect().top > 0.7 * innerHeight; // as on a phone
    if (begins && isBelow) place.scrollIntoView({ behavior: "smooth" });
  },

  failure(message) {
    const element = document.createElement("p");
    element.className = "failure";
    element.setAttribute("role", "alert");
    element.textContent = message;
    return element.outerHTML;
  },

  // Shows why a file was not even taken, beside an answer that there may be; null removes it.
  async refuse(message) {
    (await this.place("#refused")).innerHTML = message === null ? "" : this.failure(message);
  },

  // An element of the form. Gradio loads the form in parts, so a file may be chosen before there is a place for its answer.
  async place(selector) {
    while (!document.querySelector(selector)) await new Promise((resolve) => setTimeout(resolve, 50));
    return document.querySelector(selector);
  },

  example(path) {
    const url = new URL(`gradio_api/file=${encodeURI(path)}`, document.baseURI).href;
    return { path, url, orig_name: path.split("/").pop(), meta: { _type: "gradio.FileData" } };
  },

  playFrom(fraction) {
    const player = document.querySelector("#speech audio");
    if (!player || !player.duration) return;
    player.currentTime = fraction * player.duration;
    player.play();
  },
};

// Gradio takes a file that is chosen or dropped; one that is too large it does not get to see.
for (const kind of ["change", "drop"]) {
  document.addEventListener(kind, (event) => {
    const files = kind === "drop" ? event.dataTransfer.files : event.target.files;
    if (!event.target.closest("#speech") || ![...(files || [])].some((file) => file.size > c2ser.limit)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    c2ser.refuse(c2ser.tooLarge);
  }, true);
}

// Of an upload that is refused Gradio shows no more than the status.
const send = window.fetch;
window.fetch = async (...request) => {
  const response = await send(...request);
  if (!response.ok && response.url.includes("/gradio_api/upload")) {
    response.clone().json().then((body) => c2ser.refuse(body.error.message), () => c2ser.refuse(response.statusText));
  }
  return response;
};

document.addEventListener("timeupdate", (event) => {
  const time = document.querySelector(".answer .time");
  if (!time || !event.target.closest("#speech")) return;
  time.classList.add("playing");
  time.style.setProperty("--at", event.target.currentTime / (event.target.duration || 1));
}, true);

document.addEventListener("click", (event) => {
  const button = event.target.closest(".answer .play"), time = event.target.closest(".answer .time");
  if (button) {
    event.preventDefault(); // the segment stays as it is, open or closed
    c2ser.playFrom(Number(button.dataset.at));
  } else if (time) {
    const box = time.getBoundingClientRect();
    c2ser.playFrom((event.clientX - box.left) / box.width);
  }
});
