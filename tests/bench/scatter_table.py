"""The scatter benchmark's results for people."""
import table

_FORMATS = {"samples/s": "{:,.0f}", "": "{:.3f}", "s": "{:.3f}", "MiB": "{:.0f}"}


def show(document):
    table.head(document)
    print(f"measured    {document['network']}, {document['rounds']} rounds in turn: median (lowest - highest)")
    for name, file in document["files"].items():
        ratio = f", compressed {file['compression']:.2f}:1" if "compression" in file else ""
        print(f"  {name:<16} {file['rows']:>11,} rows, {file['bytes'] / 1e6:>7,.0f} MB{ratio}")
    print()
    for line in document["lines"]:
        _line(line)


def _line(line):
    form = _FORMATS[line["unit"]].format
    value = line["value"]
    text = f"{form(value['median'])} ({form(value['lowest'])} - {form(value['highest'])}) {line['unit']}".rstrip()
    print(f"  {line['what']:<45} {text:<46}{_goal(line, form)}".rstrip())


def _goal(line, form):
    check = line["check"]
    if check is None:
        return ""
    return f" goal {form(check['goal'])}: {'pass' if check['passed'] else 'FAIL'}"
