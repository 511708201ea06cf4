// Formulas are MathML already, so there is no MathJax. nbgrader's page asks it for one thing: to be told when
// the page is laid out, and then takes the keyboard. It is told when the scores have come, since what is typed
// into an empty form before that is not saved; until then nothing can be typed.
document.documentElement.inert = true;

function startAtTheFirstWrittenAnswer() {
  const score = $(".marking").first().closest(".nbgrader_cell").find(".score");
  if (score.length && !new URLSearchParams(location.search).has("index")) {
    formgrader.last_selected = score;
  }
}

function whenLoaded(tell) {
  if (!(formgrader.grades.loaded && formgrader.comments.loaded)) {
    setTimeout(whenLoaded, 20, tell);
    return;
  }
  document.documentElement.inert = false;
  startAtTheFirstWrittenAnswer();
  tell("End");
}

window.MathJax = {Hub: {Startup: {signal: {Interest: (tell) => setTimeout(whenLoaded, 0, tell)}}}};
