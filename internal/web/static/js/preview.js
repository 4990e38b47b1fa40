// What is typed is shown as the message that it makes, in the frame beside it. The form posts itself there: the page stays.
const form = document.querySelector("form[data-preview]");

if (form) {
  const button = form.querySelector("button[formtarget]");
  let timer = 0;
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => form.requestSubmit(button), 400);
  });
}
