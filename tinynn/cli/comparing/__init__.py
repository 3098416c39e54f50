"""Floor 8: what `tinynn compare` is made of, beside `cli/peer`, which runs on either side.

    processes.py    starts a side, waits for it, ends it
    times.py        what its runs took
    agreement.py    how far the numbers of two sides are apart
    report.py       both, as blocks of text and tables
    page.py         the same as a page
"""
