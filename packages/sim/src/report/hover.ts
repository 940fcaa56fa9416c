/** Shows the text of what is pointed at. All texts are in the page already; without the script they are in its tables. */
export const hoverScript = `(() => {
  const tip = document.getElementById('tip')
  let shown
  const show = (mark, event) => {
    if (mark !== shown) {
      shown?.classList.remove('on')
      mark?.classList.add('on')
      shown = mark
      tip.hidden = !mark
      if (mark) tip.textContent = mark.dataset.tip
    }
    if (!mark) return
    const width = document.documentElement.clientWidth
    const left = event.pageX + 14 + tip.offsetWidth > width ? event.pageX - 14 - tip.offsetWidth : event.pageX + 14
    tip.style.left = Math.max(4, left) + 'px'
    tip.style.top = event.pageY + 14 + 'px'
  }
  document.addEventListener('pointermove', (event) => show(event.target.closest('[data-tip]') ?? undefined, event))
  document.addEventListener('pointerdown', (event) => show(event.target.closest('[data-tip]') ?? undefined, event))
  document.addEventListener('pointerleave', (event) => show(undefined, event))
})()`
