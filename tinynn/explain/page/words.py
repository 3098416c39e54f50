"""Floor 6: the words of the page, in its template, its scripts and its lists."""

from html import escape

from tinynn.explain.words import LANGUAGES, Words

say = Words({
    # The frame.
    "The gradient of {name}": "{name}의 기울기",
    "Forward: {forward} steps. Backward: {backward}. Sources: {sources}.":
        "순전파 {forward}단계, 역전파 {backward}단계. 기울기를 구할 대상: {sources}.",
    "Skip to the step": "단계로 건너뛰기",
    "This page steps through the computation with JavaScript; without it, see the list of steps.":
        "이 페이지는 자바스크립트로 계산을 한 단계씩 보여 줍니다. 자바스크립트가 없으면 아래의 단계 목록을 보세요.",
    "Settings": "설정",
    "Guess first": "먼저 맞혀 보기",
    "Dark colours": "어두운 색",
    "Light colours": "밝은 색",
    "Keys: left and right arrow for one step, Home and End for the ends; Tab, then arrows in a table of results.":
        "키: 왼쪽·오른쪽 화살표로 한 단계씩, Home과 End로 처음과 끝; Tab으로 결과 표에 들어가 화살표로 이동.",
    # The graph.
    "The graph": "계산 그래프",
    "The graph of the computation, from left to right": "왼쪽에서 오른쪽으로 그린 계산 그래프",
    "{ops} ops lead from left to right to {target}; the list of all steps says the same in words.":
        "연산 {ops}개가 왼쪽에서 오른쪽으로 {target}까지 이어집니다. 같은 내용이 모든 단계의 목록에 글로 있습니다.",
    "The graph; scroll with the arrow keys": "계산 그래프; 화살표 키로 움직이기",
    "Size of the graph": "그래프의 크기",
    "Smaller": "작게",
    "Larger": "크게",
    "Fit": "맞춤",
    "op": "연산",
    "variable": "변수",
    "input": "입력",
    "constant": "상수",
    "result": "결과",
    "positive": "양수",
    "negative": "음수",
    "the gradient has arrived": "기울기가 도착함",
    "gradient checked by central differences": "중앙 차분으로 확인한 기울기",
    "differs from central differences": "중앙 차분과 다름",
    # What is left out.
    "{count} of the {all} steps are left out, in the middle; their numbers are not in this page.":
        "가운데의 단계 {count}개(전체 {all}개)를 생략했습니다. 그 수들은 이 페이지에 없습니다.",
    "{count} steps not shown": "{count}단계 생략",
    "Large arrays are summarised: their first rows and columns, and figures of all entries.":
        "큰 배열은 요약했습니다: 처음 몇 행과 열, 그리고 모든 원소에 대한 통계.",
    "Drawn anew beside each op that reads it: {names}.": "읽는 연산마다 옆에 다시 그림: {names}.",
    # Stepping.
    "Steps": "단계",
    "Step": "단계",
    "Previous": "이전",
    "Next": "다음",
    "Start: what goes in": "시작: 들어가는 값",
    "End: the gradients": "끝: 기울기",
    "Forward {number} of {count}: {op}": "순전파 {number}/{count}: {op}",
    "Backward {number} of {count}: {op}": "역전파 {number}/{count}: {op}",
    "All steps as a list": "모든 단계의 목록",
    "Forward": "순전파",
    "Backward": "역전파",
    # The panel of a step.
    "Each step forward computes one op; then the gradient walks back through the same ops.":
        "순전파의 단계마다 연산 하나를 계산하고, 그다음 기울기가 같은 연산들을 거슬러 돌아옵니다.",
    "{name} is no scalar: the gradient is that of the sum of its entries.":
        "{name}: 스칼라가 아니므로, 원소들의 합의 기울기를 구합니다.",
    "Formula": "식",
    "with {letters}": "여기서 {letters}",
    "Gradient": "기울기",
    "none flows back through this op": "이 연산을 거슬러 흐르지 않음",
    "Program": "프로그램",
    "Check": "확인",
    "{good} of {count} entries agree with central differences": "원소 {count}개 중 {good}개가 중앙 차분과 일치",
    "The walk back begins with {slope} = 1.": "역전파는 {slope} = 1에서 시작합니다.",
    "Arrives, g": "도착한 g",
    "Goes on to the inputs": "입력으로 가는 기울기",
    "Values from the forward pass": "순전파의 값",
    "Part {part} of {parts}: {name} is used more than once, and its parts are added up.":
        "{parts}개 중 {part}번째 몫: {name}의 쓰임이 여럿이어서 그 몫들을 더합니다.",
    "all parts added up": "모든 몫의 합",
    "No gradient: {target} does not depend on it.": "기울기 없음: {target}의 값이 여기에 달려 있지 않습니다.",
    "Not shown here: {count} more; each is shown at the op that reads it.":
        "여기에 없는 것 {count}개는 읽는 연산의 단계에서 보입니다.",
    "Checked by central differences": "중앙 차분으로 확인",
    "float64, both sides of the entry": "float64, 원소의 양쪽에서",
    "entry": "원소",
    "gradient": "기울기",
    "measured": "잰 값",
    "agrees": "일치",
    "yes": "예",
    "no": "아니요",
    # Arrays.
    "The tape did not keep this value.": "테이프에 이 값이 남아 있지 않습니다.",
    "The first {shown} of {all} rows.": "{all}행 중 처음 {shown}행.",
    "The first {shown} of {all} columns.": "{all}열 중 처음 {shown}열.",
    "The first {shown} of {all} entries.": "원소 {all}개 중 처음 {shown}개.",
    "Of all: mean {mean}, norm {norm}, min {min}, max {max};":
        "전체: 평균 {mean}, 노름 {norm}, 최소 {min}, 최대 {max};",
    "largest {entries}.": "절댓값이 큰 원소 {entries}.",
    "Not finite: {count}.": "유한하지 않은 원소: {count}개.",
    # Where a number comes from.
    "Point at a number of the result, or tap it, to see where it comes from.":
        "결과의 수를 가리키거나 누르면 그 수가 어디서 오는지 보입니다.",
    "Point at a number that goes on, or tap it, to see the products that it is the sum of.":
        "입력으로 가는 수를 가리키거나 누르면 어떤 곱들의 합인지 보입니다.",
    "value": "값",
    "factor": "곱하는 수",
    "product": "곱",
    "sum": "합",
    "through": "거친 원소",
    "upstream": "도착한 기울기",
    "local ∂/∂{entry}": "국소 도함수 ∂/∂{entry}",
    "and {count} more": "그 밖의 {count}개",
    "{formula}, with {entries}": "{formula}, 여기서 {entries}",
    "{formula}; it depends on {entries}": "{formula}; 다음에 달려 있습니다: {entries}",
    "{formula}; no small change of an input changes it": "{formula}; 입력이 조금 바뀌어도 그대로입니다",
    "This array is summarised: its products would be too many to write out.":
        "요약한 배열입니다: 곱이 너무 많아 다 적지 않습니다.",
    "The rule of this op does not tell its products: it computes them outside the tape.":
        "이 연산의 규칙은 테이프 밖에서 계산하므로 곱을 알 수 없습니다.",
    "Every local derivative is 0: a small change of this entry changes nothing that the op makes.":
        "국소 도함수가 모두 0입니다: 이 원소가 조금 바뀌어도 연산의 결과는 그대로입니다.",
    # Guess first.
    "What is {entry}?": "{entry}의 값은?",
    "Commit": "확정",
    "Show it": "보여 주기",
    "A number such as 0.25, -3 or 1/3; then Enter.": "0.25, -3, 1/3 같은 수를 쓰고 Enter.",
    "That is no number. Type one such as 0.25, -3 or 1/3.": "수가 아닙니다. 0.25, -3, 1/3 같은 수를 쓰세요.",
    "Guess it first.": "먼저 맞혀 보세요.",
    "Right: {entry} = {value}.": "맞음: {entry} = {value}.",
    "Near: {entry} = {value}; your guess was {guess}.": "비슷함: {entry} = {value}; 쓴 값은 {guess}.",
    "Not this time: {entry} = {value}; your guess was {guess}.": "아쉬움: {entry} = {value}; 쓴 값은 {guess}.",
    "{entry} = {value}.": "{entry} = {value}.",
    "Right {right}, near {near}, wrong {wrong}; questions: {count}":
        "맞음 {right}, 비슷함 {near}, 틀림 {wrong}; 문제 {count}개",
})


def content(lang, template, **values):
    """The end of an element's opening tag, and its text: the script finds the sentence in every language there."""
    texts = {code: escape(say(code, template, **values)) for code in LANGUAGES}
    return "".join(f' data-{code}="{said}"' for code, said in texts.items()) + f">{texts[lang]}"


def label(lang, template, **values):
    """An `aria-label`, in every language as well."""
    texts = {code: escape(say(code, template, **values)) for code in LANGUAGES}
    return f'aria-label="{texts[lang]}"' + "".join(f' data-label-{code}="{said}"' for code, said in texts.items())
