"""The catalogue in a browser: searching, filters, keys, copying, addresses, both palettes, phones."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urldefrag, urljoin

import pytest

from terraregistry.tools.cli.lookup import listed
from terraregistry.tools.snippets import snippets_of

from .showing import show

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, BrowserContext, Page, Route

    from terraregistry.index import Index

pytestmark = pytest.mark.slow

INPUT = ".catalogue__input"
ROWS = ".catalogue__row"
DETAIL = ".catalogue__detail"


def names(page: Page) -> list[str]:
    return page.locator(".catalogue__name").all_inner_texts()


def search(page: Page, text: str) -> list[str]:
    page.fill(INPUT, text)
    return names(page)


def count(page: Page) -> str:
    return page.inner_text(".catalogue__found")


def chip(page: Page, text: str) -> Any:
    return page.locator(".catalogue__chip", has_text=text)


def opened(page: Page) -> str:
    return page.inner_text(f"{DETAIL} h2")


def fragment(page: Page) -> str:
    return urldefrag(page.url).fragment


# -- what is there --


def test_every_component_is_listed(page: Page, index: Index) -> None:
    expected = sum(1 for _ in listed(index))
    assert count(page) == f"{expected:,} components"
    assert page.get_attribute(f"{ROWS} >> nth=0", "aria-setsize") == str(expected)


def test_rows_are_made_as_they_are_reached(page: Page, index: Index) -> None:
    assert page.locator(ROWS).count() < 200
    page.focus(".catalogue__list")
    page.keyboard.press("End")
    assert page.locator(ROWS).count() == sum(1 for _ in listed(index))
    assert len(set(names(page))) == page.locator(ROWS).count()


def test_links_to_the_documentation_lead_to_it(page: Page, site: Path, address: str) -> None:
    data = json.loads((site / "assets/catalogue/components.json").read_text(encoding="utf-8"))
    pages = [each for each in data["pages"] if each]
    assert len(pages) > 30
    for each in pages:
        place, anchor = urldefrag(urljoin(address, each))
        file = site / place.split("/", 3)[3] / "index.html"
        assert f'id="{anchor}"' in file.read_text(encoding="utf-8"), each


# -- searching --


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("resnet18", "timm_resnet18"),
        ("timm_resnet18", "timm_resnet18"),
        ("RESNET18", "timm_resnet18"),
        ("vit small", "timm_vit_"),
        ("ssl_resnet18", "timm_resnet18"),
        ("resnet18.a1_in1k", "timm_resnet18"),
        ("fcn", "terratorch_FCNDecoder"),
        ("1807.10165", "smp_UnetPlusPlus"),
        ("test_res*", "timm_test_resnet"),
    ],
)
def test_the_best_match_comes_first(page: Page, text: str, first: str) -> None:
    assert search(page, text)[0].startswith(first)


def test_searching_narrows_with_each_word(page: Page) -> None:
    words = ["vit", "vit small", "vit small patch16", "vit small patch16 384"]
    sizes = [int((search(page, text) and page.get_attribute(ROWS, "aria-setsize")) or 0) for text in words]
    assert sizes == sorted(sizes, reverse=True)
    assert len(set(sizes)) == len(sizes)
    assert all(all(word in name for word in words[-1].split()) for name in names(page)[:3])


def test_nothing_found_is_said(page: Page) -> None:
    assert search(page, "no such thing") == []
    assert count(page).startswith("0 of ")
    assert page.is_visible("text=Nothing fits")
    page.click("text=Clear")
    assert count(page).endswith(" components")
    assert not page.is_visible("text=Nothing fits")


@pytest.mark.parametrize("text", ["(", "[", "\\", "*", "?", "**", "<b>", "&amp;", "%", "[*", "(?"])
def test_any_text_can_be_searched_for(page: Page, text: str) -> None:
    search(page, text)
    assert page.input_value(INPUT) == text


# -- filters --


def test_filters_leave_what_they_say(page: Page, index: Index) -> None:
    entries = list(listed(index))
    chip(page, "decoder").click()
    assert sorted(names(page)) == sorted(each.name for each in entries if each.kind == "decoder")
    chip(page, "smp").click()
    assert sorted(names(page)) == sorted(each.name for each in entries if each.name.startswith("smp_"))
    chip(page, "neck").click()
    chip(page, "smp").click()
    assert sorted(names(page)) == sorted(each.name for each in entries if each.kind in ("decoder", "neck"))


def test_pretrained_leaves_what_has_weights(page: Page, index: Index) -> None:
    chip(page, "pretrained").click()
    expected = sum(1 for each in listed(index) if each.component.weights)
    assert count(page).split()[0] == f"{expected:,}"


@pytest.mark.parametrize(
    ("name", "parts"), [("drop_path", False), ("out_ind", True), ("img_size drop_path_rate", False)]
)
def test_a_parameter_leaves_what_has_it(page: Page, index: Index, name: str, *, parts: bool) -> None:
    page.fill(".catalogue__parameter input", name)

    def fits(parameters: set[str]) -> bool:
        return all(any(one in each if parts else one == each for each in parameters) for one in name.split())

    expected = sum(fits({one.name for one in each.component.signature.parameters}) for each in listed(index))
    assert expected
    assert count(page).split()[0] == f"{expected:,}"
    page.click(ROWS)
    marked = page.locator(".catalogue__hit th").all_inner_texts()
    assert marked
    assert all(any(one in each for one in name.split()) for each in marked)


def test_a_chip_says_how_many_it_would_leave(page: Page) -> None:
    search(page, "unet")
    for kind in ("backbone", "decoder", "neck"):
        told = chip(page, kind).locator(".catalogue__count").inner_text()
        chip(page, kind).click()
        assert count(page).split()[0] == told
        chip(page, kind).click()


# -- the keyboard --


def test_slash_goes_to_the_catalogues_search_and_not_to_the_sites(page: Page) -> None:
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.matches('.catalogue__input')")
    assert page.input_value(INPUT) == ""
    assert not page.is_checked("#__search")
    page.keyboard.type("a/b")
    assert page.input_value(INPUT) == "a/b"


def test_everything_can_be_done_by_keyboard(page: Page) -> None:
    page.keyboard.press("/")
    page.keyboard.type("resnet")
    first, second, third = names(page)[:3]
    active = page.get_attribute(INPUT, "aria-activedescendant")
    assert page.inner_text(f"#{active} .catalogue__name") == first
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert opened(page) == second
    assert page.evaluate("document.activeElement.tagName") == "H2"
    page.keyboard.press("Escape")
    assert not page.is_visible(DETAIL)
    assert page.evaluate("document.activeElement.id") == "catalogue-list"
    assert page.get_attribute("#catalogue-list", "aria-activedescendant") == f"{active[:-1]}1"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert opened(page) == third
    page.keyboard.press("/")
    page.keyboard.press("Escape")
    assert page.input_value(INPUT) == ""
    assert page.is_visible(DETAIL)
    page.keyboard.press("Escape")
    assert not page.is_visible(DETAIL)


def test_what_is_open_follows_the_arrows(page: Page) -> None:
    search(page, "resnet")
    expected = names(page)
    page.keyboard.press("Enter")
    page.focus(".catalogue__list")
    for name in expected[1:4]:
        page.keyboard.press("ArrowDown")
        assert (opened(page), fragment(page)) == (name, name)
    page.keyboard.press("Home")
    assert opened(page) == expected[0]
    page.keyboard.press("ArrowUp")
    assert opened(page) == expected[0]


def test_the_focus_can_be_seen(page: Page) -> None:
    seen = set()
    page.focus(INPUT)
    for _ in range(16):
        page.keyboard.press("Tab")
        style = page.evaluate(
            "(() => { const it = document.activeElement, style = getComputedStyle(it);"
            " const name = [...it.classList].find((each) => each.startsWith('catalogue')) ?? it.tagName;"
            " return [name, style.outlineStyle, parseFloat(style.outlineWidth)]; })()"
        )
        name, line, width = style
        if name.startswith("catalogue") or name == "INPUT":
            seen.add(name)
            assert line == "solid"
            assert width > 0
    assert {"catalogue__chip", "INPUT", "catalogue__list"} <= seen


def test_the_row_that_is_active_is_in_sight(page: Page) -> None:
    page.focus(INPUT)
    for _ in range(12):
        page.keyboard.press("PageDown")
    inside = """(() => {
        const row = document.querySelector(".catalogue__row--active").getBoundingClientRect();
        const list = document.querySelector(".catalogue__list").getBoundingClientRect();
        return row.top >= list.top - 1 && row.bottom <= list.bottom + 1 && row.bottom <= innerHeight;
    })()"""
    assert page.get_attribute(".catalogue__row--active", "aria-posinset") == "120"
    assert page.evaluate(inside)


# -- one component --


def test_a_factory_shows_what_it_builds_models_from(page: Page) -> None:
    search(page, "EncoderDecoderFactory")
    page.click(ROWS)
    shown = page.locator(".catalogue__parameters tbody th").all_inner_texts()
    assert shown[:3] == ["task", "backbone", "decoder"]
    assert page.inner_text(".catalogue__origin code").endswith("EncoderDecoderFactory.build_model")


@pytest.mark.parametrize("name", ["timm_resnet18", "smp_Unet", "terratorch_SelectIndices"])
def test_a_component_shows_its_signature(page: Page, index: Index, name: str) -> None:
    [entry] = [each for each in listed(index) if each.name == name]
    search(page, name)
    page.click(ROWS)
    rows = page.locator(".catalogue__parameters tbody tr:has(th)").all_inner_texts()
    shown = [row.split("\t") for row in rows]
    parameters = entry.component.signature.parameters
    assert [row[0] for row in shown] == [each.name for each in parameters]
    for row, expected in zip(shown, parameters, strict=True):
        assert row[2] == {None: "required", "...": "its own"}.get(expected.default, expected.default)
    origins = page.locator(".catalogue__origin code").all_inner_texts()
    assert set(origins) == {(each.origin or "").removesuffix(".__init__") for each in parameters}


@pytest.mark.parametrize("name", ["timm_resnet18", "smp_Unet", "SMPModelFactory", "terratorch_SelectIndices"])
def test_snippets_are_copied_as_they_are_shown(page: Page, context: BrowserContext, index: Index, name: str) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    [entry] = [each for each in listed(index) if each.name == name]
    expected = snippets_of(entry.registry, name, entry.component)
    search(page, name)
    page.click(ROWS)
    for tab, text in (("Python", expected.python), ("YAML", expected.config)):
        page.click(f"role=tab[name={tab}]")
        page.click("[aria-label='Copy the snippet']")
        page.wait_for_selector("text=Copied")
        assert page.evaluate("navigator.clipboard.readText()") == text
    page.click("[aria-label='Copy the name']")
    page.wait_for_function(f"navigator.clipboard.readText().then((text) => text === {json.dumps(name)})")
    page.click("[aria-label='Copy a link to this component']")
    page.wait_for_function("navigator.clipboard.readText().then((text) => text.includes('/reference/catalogue/#'))")


def test_a_browser_that_does_not_allow_copying_says_so(page: Page) -> None:
    page.evaluate("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    page.click(ROWS)
    page.click("[aria-label='Copy the snippet']")
    assert page.inner_text(".catalogue__code .catalogue__said") == "The browser does not allow copying"


def test_weights_that_are_chosen_are_in_the_snippet(page: Page, address: str, index: Index) -> None:
    show(page, f"{address}#timm_resnet18")
    [entry] = [each for each in listed(index) if each.name == "timm_resnet18"]
    options = page.locator(".catalogue__tabs option").all_inner_texts()
    assert options == ["random", *(each.name.removeprefix("resnet18.") for each in entry.component.weights)]
    page.select_option(".catalogue__tabs select", label="a1_in1k")
    code = page.inner_text(".catalogue__code code")
    assert '"timm_resnet18.a1_in1k"' in code
    assert "pretrained=True" in code
    page.click("role=tab[name=YAML]")
    assert "backbone_pretrained: true" in page.inner_text(".catalogue__code code")
    facts = page.inner_text(".catalogue__snippets .catalogue__meta")
    assert "timm/resnet18.a1_in1k" in facts
    assert "apache-2.0" in facts
    page.select_option(".catalogue__tabs select", label="random")
    assert "pretrained" not in page.inner_text(".catalogue__code code")


def test_the_language_is_kept_from_one_component_to_the_next(page: Page) -> None:
    search(page, "resnet18")
    page.click(ROWS)
    page.focus("role=tab[name=Python]")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.textContent") == "YAML"
    page.locator(ROWS).nth(1).click()
    assert page.get_attribute("role=tab[name=YAML]", "aria-selected") == "true"


# -- addresses --


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("timm_resnet18", "timm_resnet18"),
        ("resnet18", "timm_resnet18"),
        ("timm_resnet18.a1_in1k", "timm_resnet18"),
        ("ssl_resnet18", "timm_resnet18"),
        ("smp_Unet", "smp_Unet"),
        ("EncoderDecoderFactory", "EncoderDecoderFactory"),
        ("terratorch_prithvi_eo_tiny", "terratorch_prithvi_eo_tiny"),
    ],
)
def test_a_link_opens_a_component(page: Page, address: str, name: str, expected: str) -> None:
    show(page, f"{address}?#{name}")
    assert opened(page) == expected


def test_a_link_to_weights_has_them_chosen(page: Page, address: str) -> None:
    show(page, f"{address}?#timm_resnet18.a1_in1k")
    assert page.input_value(".catalogue__tabs select") == "resnet18.a1_in1k"
    assert '"timm_resnet18.a1_in1k"' in page.inner_text(".catalogue__code code")


@pytest.mark.parametrize("name", ["nothing", "%", "%E0%A4%A", "<b>", "__proto__", "constructor"])
def test_a_link_to_nothing_opens_nothing(page: Page, address: str, name: str) -> None:
    show(page, f"{address}?#{name}")
    assert not page.is_visible(DETAIL)


def test_what_is_searched_for_can_be_shared(page: Page) -> None:
    search(page, "unet")
    chip(page, "decoder").click()
    chip(page, "smp").click()
    page.fill(".catalogue__parameter input", "channels")
    page.click(ROWS)
    before = names(page), count(page), opened(page)
    show(page, page.url)
    assert (names(page), count(page), opened(page)) == before
    assert not page.is_checked("#__search")  # the site's own search has not taken it for a question


def test_back_closes_what_was_opened_and_keeps_the_filters(page: Page) -> None:
    chip(page, "decoder").click()
    page.click(ROWS)
    assert page.is_visible(DETAIL)
    page.go_back()
    assert not page.is_visible(DETAIL)
    assert fragment(page) == ""
    assert chip(page, "decoder").get_attribute("aria-pressed") == "true"
    page.go_forward()
    assert page.is_visible(DETAIL)
    chip(page, "smp").click()
    page.click("[aria-label=Close]")
    page.wait_for_selector(DETAIL, state="hidden")
    assert chip(page, "smp").get_attribute("aria-pressed") == "true"
    assert "source=smp" in page.url


# -- how it looks --

CONTRASTS = """(selectors) => {
    const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
    const channel = (value) => (value / 255 <= 0.04045 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
    const paint = (colours) => {
        for (const colour of colours) { canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1); }
        const [red, green, blue] = canvas.getImageData(0, 0, 1, 1).data;
        return 0.2126 * channel(red) + 0.7152 * channel(green) + 0.0722 * channel(blue);
    };
    const contrast = (element) => {
        const behind = [];
        for (let each = element; each; each = each.parentElement) behind.unshift(getComputedStyle(each).backgroundColor);
        const [ground, text] = [paint(["white", ...behind]), paint([getComputedStyle(element).color])];
        return (Math.max(ground, text) + 0.05) / (Math.min(ground, text) + 0.05);
    };
    return selectors.map((selector) => {
        const found = [...document.querySelectorAll(selector)];
        return [selector, found.length, Math.min(...found.map(contrast))];
    });
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_read_in_both_palettes(browser: Browser, address: str, scheme: Any) -> None:
    context = browser.new_context(color_scheme=scheme, viewport={"width": 1440, "height": 900})
    page = context.new_page()
    show(page, f"{address}?find=resnet&parameter=out_indices#timm_resnet18")
    # Text is painted opaque for this: what is transparent is taken as it comes out on the ground.
    selectors = [
        *(".catalogue__prefix", ".catalogue__name", ".catalogue__meta", ".catalogue__count", ".catalogue__label"),
        *(".catalogue__origin td", ".catalogue__note", ".catalogue__found", ".catalogue__hit code", ".catalogue mark"),
    ]
    for selector, found, contrast in page.evaluate(CONTRASTS, selectors):
        assert found, selector
        assert contrast >= 4.5, (selector, contrast)
    context.close()


@pytest.mark.parametrize("width", [320, 390, 768, 1024, 1440, 1920])
def test_nothing_is_wider_than_the_window(page: Page, address: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    for name in ("", "#timm_vit_base_patch16_224", "#EncoderDecoderFactory"):
        show(page, f"{address}?find=vit{name}")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_on_a_phone_a_component_covers_the_list(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    search(page, "resnet18")
    page.click(ROWS)
    assert page.locator(DETAIL).bounding_box() == {"x": 0, "y": 48, "width": 390, "height": 796}
    page.click("[aria-label=Close]")
    page.wait_for_selector(DETAIL, state="hidden")
    assert page.is_visible(ROWS)


# -- many components, and none --


def with_data(page: Page, change: Any) -> None:
    """Change the data on its way to the page."""

    def answer(route: Route) -> None:
        route.fulfill(json=change(route.fetch().json()))

    page.route("**/components.json", answer)


def test_three_thousand_components_are_searched(
    page: Page, address: str, record_property: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    def multiplied(data: dict[str, Any]) -> dict[str, Any]:
        rows = data["components"]
        copies = [[f"{row[0]}_{turn}", *row[1:]] for turn in range(1, 4) for row in rows]
        return data | {"components": (rows + copies)[:3000]}

    with_data(page, multiplied)
    show(page, address)
    assert count(page) == "3,000 components"
    page.evaluate("performance.clearMeasures()")
    page.click(INPUT)
    for text in ("vit base patch16", "resnet", "e", "*net*", "convnext tiny"):
        page.fill(INPUT, "")
        page.keyboard.type(text)
    page.fill(INPUT, "")
    for name in ("backbone", "timm", "pretrained"):
        chip(page, name).click()
    page.fill(".catalogue__parameter input", "d")
    page.fill(".catalogue__parameter input", "drop_path_rate")
    times = page.evaluate("performance.getEntriesByName('catalogue-filter').map((each) => each.duration)")
    assert len(times) > 40
    times.sort()
    told = f"{len(times)} searches of 3,000: median {times[len(times) // 2]:.1f} ms, longest {times[-1]:.1f} ms"
    record_property("catalogue", told)
    with capsys.disabled():
        print(f"\n{told}")  # noqa: T201 - a time is told, and not asserted


def test_data_that_is_not_there_is_said(browser: Browser, address: str) -> None:
    page = browser.new_page()
    page.route("**/components.json", lambda route: route.fulfill(status=404))
    page.goto(address)
    page.wait_for_selector("role=alert")
    assert page.inner_text("role=alert") == "The catalogue cannot be loaded: 404 Not Found"
    page.close()


def test_names_and_summaries_are_text_whatever_they_hold(page: Page, address: str) -> None:
    hostile = '<img src=x onerror="document.title=1">'

    def change(data: dict[str, Any]) -> dict[str, Any]:
        row = list(data["components"][0])
        row[0], row[7], row[3] = f"terratorch_{hostile}", f"`{hostile}` {hostile}", [hostile]
        return data | {"components": [row]}

    with_data(page, change)
    show(page, address)
    assert names(page) == [f"terratorch_{hostile}"]
    page.click(ROWS)
    assert opened(page) == f"terratorch_{hostile}"
    assert page.locator("#catalogue img").count() == 0
    assert page.title() != "1"
