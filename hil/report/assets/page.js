"use strict";
// Shows what a mark's data-tip says beside the pointer. Who sees no chart has its table.
(function () {
  var tip = document.getElementById("tip");
  function place(event) {
    var box = tip.getBoundingClientRect();
    var left = Math.min(event.clientX + 14, document.documentElement.clientWidth - box.width - 8);
    var top = event.clientY + 16;
    if (top + box.height > window.innerHeight - 8) top = event.clientY - box.height - 12;
    tip.style.left = Math.max(left, 8) + "px";
    tip.style.top = Math.max(top, 8) + "px";
  }
  document.addEventListener("pointermove", function (event) {
    var mark = event.target instanceof Element ? event.target.closest("[data-tip]") : null;
    if (!mark) { tip.hidden = true; return; }
    tip.textContent = mark.getAttribute("data-tip");
    tip.hidden = false;
    place(event);
  });
  // Arrow keys step through the marks of a chart, for who has no pointer.
  document.addEventListener("keydown", function (event) {
    var step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    var plot = event.target instanceof Element ? event.target.closest(".plot") : null;
    if (event.key === "Escape") tip.hidden = true;
    if (!plot || !step) return;
    var marks = plot.querySelectorAll("[data-tip]");
    if (!marks.length) return;
    var at = Number(plot.dataset.at || (step > 0 ? -1 : marks.length)) + step;
    at = Math.min(Math.max(at, 0), marks.length - 1);
    plot.dataset.at = String(at);
    marks.forEach(function (mark, number) { mark.classList.toggle("current", number === at); });
    marks[at].scrollIntoView({ block: "nearest", inline: "nearest" });
    tip.textContent = marks[at].getAttribute("data-tip");
    tip.hidden = false;
    var box = marks[at].getBoundingClientRect();
    place({ clientX: box.right, clientY: box.top });
    event.preventDefault();
  });
  document.addEventListener("scroll", function () {
    if (!document.querySelector(".current")) tip.hidden = true;
  }, { passive: true });
  document.addEventListener("focusout", function (event) {
    event.target.querySelectorAll(".current").forEach(function (mark) { mark.classList.remove("current"); });
    tip.hidden = true;
  });
  window.addEventListener("beforeprint", function () {
    tip.hidden = true;
    document.querySelectorAll("details.printed").forEach(function (each) { each.open = true; });
  });
})();
