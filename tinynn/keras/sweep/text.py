"""Floor 7: a sweep as text: the share that is solved, and a histogram."""

import numpy as np

from tinynn.explain.text import WIDTH, fold, number, table
from tinynn.explain.words import Words, language
from tinynn.keras.sweep import bins
from tinynn.keras.sweep.solved import criterion_of

BAR = 56        # columns of the longest bar
SOLVED, UNSOLVED = "█", "░"

say = Words({
    "{count} initialisations (seeds {seeds}), epochs each: {epochs}":
        "초기값 {count}개 (시드 {seeds}), 각각 {epochs}에폭",
    "interrupted: {done} of {count} are done": "중단됨: {count}개 중 {done}개 완료",
    "{solved} of {count} solved: {share} %, 95 % confidence interval {low} % to {high} %":
        "{count}개 중 {solved}개 해결: {share} %, 95 % 신뢰 구간 {low} % ~ {high} %",
    "solved: {criterion}": "해결의 기준: {criterion}",
    "no share: nothing says what solved means; give a limit for the last loss (solved=, --solved)":
        "비율 없음: 해결의 기준이 없음; 마지막 손실의 한계를 줄 것 (solved=, --solved)",
    "last loss": "마지막 손실", "count": "개수", "{low} to {high}": "{low} ~ {high}", "not finite": "유한하지 않음",
    "{solved} solved  {unsolved} not": "{solved} 해결  {unsolved} 미해결",
    "least {least} (seed {best}), median {median}, largest {largest} (seed {worst})":
        "최소 {least} (시드 {best}), 중앙값 {median}, 최대 {largest} (시드 {worst})",
    "{seconds} s, {rate} seeds per second, {threads} at a time": "{seconds}초, 초당 시드 {rate}개, 동시에 {threads}개",
    "each seed got a new model, one after the other: {reason}": "시드마다 모델을 새로 만들어 차례로 훈련함: {reason}",
    "{done} of {count} seeds, {left} s left": "시드 {count}개 중 {done}개, {left}초 남음",
    "every seed begins with the same weights: the initializers have seeds of their own":
        "모든 시드가 같은 가중치로 시작함: 초기화 함수에 고유한 시드가 있음",
})


def report(sweep, lang=None):
    """The text of a Sweep."""
    lang = language(lang)
    folded = lambda lines: [part for line in lines for part in fold(line, WIDTH, "  ")]
    return "\n".join([*folded(_share(sweep, lang)), "", *_histogram(sweep, lang), "", *folded(_end(sweep, lang))])


def progress(sweep, lang=None):
    """How far an unfinished Sweep is."""
    done = len(sweep.seeds)
    left = sweep.seconds / done * (sweep.total - done)
    return say(language(lang), "{done} of {count} seeds, {left} s left", done=counted(done), count=counted(sweep.total),
               left=f"{left:.0f}")


def counted(n):
    """A number of things, with commas."""
    return f"{n:,}"


def seeds_in_words(seeds):
    """'0 to 999', or the seeds themselves where they are few or have gaps."""
    if len(seeds) > 2 and seeds == list(range(seeds[0], seeds[0] + len(seeds))):
        return f"{seeds[0]}-{seeds[-1]}"
    return ", ".join(map(str, seeds[:8])) + (", ..." if len(seeds) > 8 else "")


def _share(sweep, lang):
    done = len(sweep.seeds)
    yield say(lang, "{count} initialisations (seeds {seeds}), epochs each: {epochs}", count=counted(done),
              epochs=counted(sweep.epochs), seeds=seeds_in_words(sweep.seeds))
    if done < sweep.total:
        yield say(lang, "interrupted: {done} of {count} are done", done=counted(done), count=counted(sweep.total))
    if sweep.solved is None:
        yield say(lang, "no share: nothing says what solved means; give a limit for the last loss (solved=, --solved)")
        return
    low, high = sweep.interval
    yield say(lang, "{solved} of {count} solved: {share} %, 95 % confidence interval {low} % to {high} %",
              solved=counted(int(sweep.solved.sum())), count=counted(done),
              **{name: f"{100 * x:.1f}" for name, x in (("share", sweep.share), ("low", low), ("high", high))})
    yield say(lang, "solved: {criterion}", criterion=criterion_of(sweep.criterion, lang))


def _histogram(sweep, lang):
    final, solved = sweep.final, sweep.solved
    solved = np.ones(len(final), bool) if solved is None else solved
    finite = np.isfinite(final)
    rows = []
    if finite.any():
        edges = bins.limits(final[finite])
        shown = bins.written(edges)
        for i in range(len(shown) - 1):
            inside = (final >= edges[i]) & (final < edges[i + 1])
            rows.append((say(lang, "{low} to {high}", low=shown[i], high=shown[i + 1]), inside))
    if not finite.all():
        rows.append((say(lang, "not finite"), ~finite))
    most = max(int(inside.sum()) for _, inside in rows)
    cells = [[label, _bar(inside, solved, most), counted(int(inside.sum()))] for label, inside in rows]
    legend = "" if sweep.solved is None else say(lang, "{solved} solved  {unsolved} not", solved=SOLVED,
                                                 unsolved=UNSOLVED)
    return table([[say(lang, "last loss"), legend, say(lang, "count")], *cells], right=(0, 2))


def _bar(inside, solved, most):
    """A bar as long as the count: what is solved first. Nothing that is there is too short to be seen."""
    parts = [int((inside & solved).sum()), int((inside & ~solved).sum())]
    lengths = [max(round(BAR * n / most), n > 0) for n in parts]
    return SOLVED * lengths[0] + UNSOLVED * lengths[1]


def _end(sweep, lang):
    final = np.nan_to_num(sweep.final, nan=np.inf)
    yield say(lang, "least {least} (seed {best}), median {median}, largest {largest} (seed {worst})",
              least=number(final.min()), median=number(np.median(final)), largest=number(final.max()), best=sweep.best,
              worst=sweep.worst)
    yield say(lang, "{seconds} s, {rate} seeds per second, {threads} at a time", seconds=number(sweep.seconds, 3),
              rate=number(len(sweep.seeds) / max(sweep.seconds, 1e-9), 3), threads=sweep.threads)
    if sweep.why_slow:
        yield say(lang, "each seed got a new model, one after the other: {reason}", reason=sweep.why_slow)
    if sweep.same_start:
        yield say(lang, "every seed begins with the same weights: the initializers have seeds of their own")
