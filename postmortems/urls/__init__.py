"""Post-mortems below their incidents, their library, action items, insights, and secret feeds."""

from postmortems.urls import document, editor, feeds, insights, items, review

app_name = "postmortems"

urlpatterns = [
    *editor.patterns,
    *document.patterns,
    *review.patterns,
    *items.patterns,
    *insights.patterns,
    *feeds.patterns,
]
