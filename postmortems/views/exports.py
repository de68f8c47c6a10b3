from accounts.access import member
from django.http import HttpResponse


@member
def export_markdown(request, number):
    return HttpResponse("")


@member
def export_html(request, number):
    return HttpResponse("")


@member
def export_pdf(request, number):
    return HttpResponse("")


@member
def export_json(request, number):
    return HttpResponse("")


@member
def export_record(request, number):
    return HttpResponse("")
