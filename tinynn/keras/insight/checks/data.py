"""Floor 7: data that does not suit the network: its scale, its targets, its order."""

from tinynn.data.base import shuffles_batches
from tinynn.explain.text import number
from tinynn.explain.words import Words
from tinynn.keras.insight.findings import Finding

LARGE = 10.0    # root of the mean square; initial weights are made for inputs of about 1

# Layers that take inputs of any size.
_ANY_SIZE = ("BatchNormalization", "Embedding", "GroupNormalization", "LayerNormalization", "UnitNormalization")

say = Words({
    "the inputs are much larger than the 1 that initial weights are made for":
        "입력이 초기 가중치가 가정하는 크기 1보다 훨씬 큽니다",
    "root of their mean square {rms}": "제곱 평균의 제곱근 {rms}",
    "x = (x - x.mean(axis=0)) / x.std(axis=0), a Normalization layer, or x / 255 for images":
        "x = (x - x.mean(axis=0)) / x.std(axis=0), Normalization 층, 또는 이미지라면 x / 255",
    "the loss cannot compare the targets with what the model gives": "손실이 타깃과 모델의 출력을 비교할 수 없습니다",
    "give y the form that the loss asks for": "y를 손실이 요구하는 형태로 주세요",
    "whole batches are shuffled: each holds the same samples in every epoch":
        "배치가 통째로 섞입니다: 에포크마다 각 배치에 같은 샘플이 들어 있습니다",
    "the dataset is made by {recipe}": "데이터셋의 순서: {recipe}",
    "shuffle first: dataset.shuffle(n).batch(m)": "먼저 섞으세요: dataset.shuffle(n).batch(m)",
})


def unscaled_inputs(case):
    """Large inputs that reach weights as they are."""
    if case.step is None or case.solved:
        return
    for row in case.step.layers:
        if row.weights and row.kind not in _ANY_SIZE and row.input_rms is not None and row.input_rms > LARGE:
            yield Finding("unscaled-inputs", "warning",
                          say(case.lang, "the inputs are much larger than the 1 that initial weights are made for"),
                          say(case.lang, "root of their mean square {rms}", rms=number(row.input_rms, 3)),
                          say(case.lang, "x = (x - x.mean(axis=0)) / x.std(axis=0), a Normalization layer, or x / 255 "
                              "for images"), row.name)


def wrong_targets(case):
    """Targets that the loss refuses."""
    if case.failure is not None and case.failure[0] == "wrong-targets":
        yield Finding("wrong-targets", "error",
                      say(case.lang, "the loss cannot compare the targets with what the model gives"),
                      str(case.failure[1]), say(case.lang, "give y the form that the loss asks for"))


def batch_then_shuffle(case):
    """A dataset that shuffles batches instead of samples."""
    if shuffles_batches(case.recipe):
        yield Finding("batch-then-shuffle", "warning",
                      say(case.lang, "whole batches are shuffled: each holds the same samples in every epoch"),
                      say(case.lang, "the dataset is made by {recipe}", recipe=" -> ".join(case.recipe)),
                      say(case.lang, "shuffle first: dataset.shuffle(n).batch(m)"))
