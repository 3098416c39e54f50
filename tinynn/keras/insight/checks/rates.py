"""Floor 7: learning rates that end the training early, and schedules that nobody uses."""

from tinynn.explain.text import number
from tinynn.explain.words import Words
from tinynn.keras.insight.findings import Finding
from tinynn.keras.optimizers import unused
from tinynn.keras.optimizers.schedules import LearningRateSchedule
from tinynn.keras.training.decay import spent, spent_early

say = Words({
    "the learning rate is spent long before the training ends": "학습이 끝나기 훨씬 전에 학습률이 바닥났습니다",
    "after epoch {epoch} of {epochs} it has fallen from {start} to {then}; decay_steps={decay_steps} counts "
    "batches, and an epoch has {steps}":
        "에포크 {epochs}개 중 {epoch}개 후에 {start}에서 {then}(으)로 떨어졌습니다; decay_steps={decay_steps}은(는) "
        "배치를 세고, 한 에포크는 배치 {steps}개입니다",
    "from {start} it fell below a hundredth of that at step {step} of {last}, and to {then} at half of them":
        "{start}에서 시작해 {last}스텝 중 {step}번째에 100분의 1 아래로, 절반에서는 {then}(으)로 떨어졌습니다",
    "decay_steps counts batches, not epochs: for n epochs write decay_steps=n * {steps}":
        "decay_steps는 에포크가 아니라 배치를 셉니다: n 에포크라면 decay_steps=n * {steps}",
    "a learning rate schedule was made, and no optimizer uses it":
        "학습률 스케줄을 만들었지만 어떤 옵티마이저도 쓰지 않습니다",
    "{kind}, made at {place}, is in no optimizer": "{place}에서 만든 {kind}이(가) 어떤 옵티마이저에도 없습니다",
    "give it to the optimizer: SGD(learning_rate=schedule)": "옵티마이저에 주세요: SGD(learning_rate=schedule)",
})


def decay_steps(case):
    """A schedule that has brought the rate below a hundredth before half of the training is over."""
    optimizer = case.model.optimizer
    what = say(case.lang, "the learning rate is spent long before the training ends")
    remedy = "decay_steps counts batches, not epochs: for n epochs write decay_steps=n * {steps}"
    if "decay-steps" in case.hints and case.hints["decay-steps"][1]:
        facts = case.hints["decay-steps"][1]
        evidence = say(case.lang, "after epoch {epoch} of {epochs} it has fallen from {start} to {then}; "
                       "decay_steps={decay_steps} counts batches, and an epoch has {steps}",
                       **{name: number(value, 3) for name, value in facts.items()})
        yield Finding("decay-steps", "error", what, evidence, say(case.lang, remedy, steps=facts["steps"]),
                      type(optimizer).__name__)
    elif optimizer is not None and (step := spent_early(optimizer)) is not None:
        last = int(optimizer.iterations)
        start, then = spent(optimizer, last // 2)
        evidence = say(case.lang, "from {start} it fell below a hundredth of that at step {step} of {last}, and to "
                       "{then} at half of them", start=number(start, 3), step=step, last=last, then=number(then, 3))
        yield Finding("decay-steps", "error", what, evidence, say(case.lang, remedy, steps="batches_per_epoch"),
                      type(optimizer).__name__)


def schedule_unused(case):
    """A schedule that was made and forgotten, while the model's optimizer has a fixed rate."""
    optimizer = case.model.optimizer
    if optimizer is not None and isinstance(optimizer._learning_rate, LearningRateSchedule):
        return
    for _, kind, place in unused.forgotten():
        yield Finding("schedule-unused", "warning",
                      say(case.lang, "a learning rate schedule was made, and no optimizer uses it"),
                      say(case.lang, "{kind}, made at {place}, is in no optimizer", kind=kind, place=place),
                      say(case.lang, "give it to the optimizer: SGD(learning_rate=schedule)"), kind)
