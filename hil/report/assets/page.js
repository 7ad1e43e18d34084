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
  document.addEventListener("scroll", function () { tip.hidden = true; }, { passive: true });
  window.addEventListener("beforeprint", function () {
    tip.hidden = true;
    document.querySelectorAll("details.printed").forEach(function (each) { each.open = true; });
  });
})();
