"""Floor 8: the words of `tinynn bench`."""

from tinynn.explain.words import Words

say = Words({
    # The head.
    "{cpu}, {cores} cores; {system}; Python {python}; rounds in turns: {rounds}; {date}":
        "{cpu}, 코어 {cores}개; {system}; Python {python}; 번갈아 잰 횟수: {rounds}; {date}",
    "The machine is busy (load {load} on {cores} cores): times are noisy, least with --threads 1.":
        "컴퓨터가 다른 일로 바쁩니다(코어 {cores}개에 부하 {load}): 시간이 들쭉날쭉하며, --threads 1이 가장 낫습니다.",
    "not installed here: {command}, or --python {peer}=PATH":
        "여기에 설치되어 있지 않음: {command}, 또는 --python {peer}=PATH",
    "needs a C compiler, cc": "C 컴파일러 cc가 필요함",
    "did not start: {why}": "시작하지 못함: {why}",
    "does none of these workloads": "이 작업들은 하지 못함",
    "computes on the processor only": "프로세서에서만 계산함",
    "Training on {device}: samples and weights lie there (but see docs/benchmarks.md for fit), float32 without TF32, "
    "and a time ends when the device has done its work.":
        "{device}에서 학습: 표본과 가중치가 그곳에 있고(fit은 docs/benchmarks.md 참고), TF32 없는 float32이며, "
        "장치가 일을 마칠 때까지 잽니다.",
    # A table.
    "µs per step": "스텝당 µs",
    "µs per call": "호출당 µs",
    "1 thread": "스레드 1개",
    "{count} threads": "스레드 {count}개",
    "median": "중앙값",
    "min": "최소",
    "max": "최대",
    "processor": "프로세서",
    "to tinynn": "tinynn 대비",
    "first, ms": "첫 호출, ms",
    "loss": "손실",
    "error": "오차",
    "on device, MB": "장치 메모리, MB",
    "log scale from {start}": "{start}부터 로그 눈금",
    # What it says.
    "fastest other: {engine}, {ratio} times tinynn's time (least {least}, processor {processor})":
        "가장 빠른 다른 엔진: {engine}, tinynn 시간의 {ratio}배 (최소 {least}, 프로세서 {processor})",
    "C by hand: {ratio} times tinynn's time": "손으로 쓴 C: tinynn 시간의 {ratio}배",
    "more processors used than the {count} asked for: {engines}": "요청한 {count}개보다 많은 프로세서를 씀: {engines}",
    "{engine}: memory on the device grew from {second} MB after round 2 to {last} MB":
        "{engine}: 장치 메모리가 2회 뒤 {second} MB에서 {last} MB로 늘어남",
    "{engine} failed: {why}": "{engine} 실패: {why}",
    "Interrupted: these are the figures until then.": "중단됨: 그때까지의 수치입니다.",
    "Interrupted before anything was measured.": "측정하기 전에 중단되었습니다.",
    # The lists.
    "Workloads": "작업",
    "Engines": "엔진",
    "all, with no name: {names}": "이름을 주지 않으면: {names}",
    "matrix products in float32, (M, K) @ (K, N)": "float32 행렬 곱, (M, K) @ (K, N)",
    "one product": "곱 하나",
    "10-40-40-5, relu; mean squared error, momentum, a decaying rate, 10 of 100 rows":
        "10-40-40-5, relu; 평균제곱오차, 모멘텀과 감소하는 학습률의 SGD, 100행 중 10행씩",
    "XOR: 2-4-1, sigmoids; mean squared error, SGD, one row of 4":
        "XOR: 2-4-1, sigmoid; 평균제곱오차, SGD, 4행 중 1행씩",
    "a linear classifier from variables: a hand-written tape step, all 2,000 rows":
        "변수로 만든 선형 분류기: 직접 쓴 테이프 스텝, 2,000행 전부",
    "digits: 64-128-10, relu; cross-entropy, Adam, 32 of 1,438 rows":
        "숫자: 64-128-10, relu; 교차 엔트로피, Adam, 1,438행 중 32행씩",
    "784-512-512-10, relu; cross-entropy, Adam, 128 of 60,000 rows":
        "784-512-512-10, relu; 교차 엔트로피, Adam, 60,000행 중 128행씩",
    "1024-4096-4096-1024, relu; mean squared error, SGD, 256 of 1,024 rows":
        "1024-4096-4096-1024, relu; 평균제곱오차, SGD, 1,024행 중 256행씩",
    "W6 with 4,096 of 16,384 rows: for GPUs": "W6을 16,384행 중 4,096행씩: GPU용",
    "W1 as a hand-written tape loop, without tf.function": "W1을 tf.function 없이 직접 쓴 테이프 반복문으로",
    # The page.
    "Training and matrix products: tinynn and other engines": "학습과 행렬 곱: tinynn과 다른 엔진",
    "A bar is the median of the rounds, the line on it their least and greatest.":
        "막대는 여러 회의 중앙값, 그 위의 선은 최솟값과 최댓값입니다.",
    "Times in microseconds, shorter is faster; processor: the least processor time, all threads together; first: the "
    "first call in milliseconds, recording or compiling included, not part of the others.":
        "시간은 마이크로초이고 짧을수록 빠릅니다. 프로세서: 모든 스레드를 합친 프로세서 시간의 최솟값. "
        "첫 호출: 밀리초, 기록이나 컴파일을 포함하며 다른 수치에는 들어 있지 않습니다.",
    "What the engines run": "엔진이 실행하는 것",
    "fit; W3 a step under tf.function; P0 the loop as written": "fit; W3은 tf.function 아래의 스텝; P0은 반복문 그대로",
    "one C program per workload, by hand, on one thread: a limit, no rival":
        "작업마다 손으로 쓴 C 프로그램, 스레드 하나: 경쟁자가 아니라 한계",
    "gradients and updates by hand": "기울기와 갱신을 직접 작성",
    "all epochs in one compiled call (lax.scan)": "모든 에포크를 컴파일된 호출 하나로 (lax.scan)",
    "an epoch in one compiled call (lax.scan)": "에포크 하나를 컴파일된 호출 하나로 (lax.scan)",
    "a compiled step (jax.jit)": "컴파일된 스텝 (jax.jit)",
    "the usual loop, with a fused optimizer": "보통의 반복문, 융합된 옵티마이저",
    "the same, loss and gradients under torch.compile": "같은 것, 손실과 기울기는 torch.compile 아래에서",
    "Keras's fit": "Keras의 fit",
    "fit with jit_compile=True and steps_per_execution": "jit_compile=True와 steps_per_execution을 쓴 fit",
    "a hand-written GradientTape loop": "직접 쓴 GradientTape 반복문",
    "an epoch under tf.function(jit_compile=True)": "tf.function(jit_compile=True) 아래의 에포크",
    "an epoch is one partial_fit": "에포크 하나가 partial_fit 하나",
})
