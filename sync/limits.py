"""The limits of the protocol, by name. What goes beyond is answered, never cut in silence."""

PROTOCOL = 1

facts_per_exchange_max = 500
fact_text_bytes_max = 64 * 1024
facts_bytes_max = 1024 * 1024
body_bytes_max = 4 * 1024 * 1024
json_depth_max = 20
json_words_max = 5000  # texts, objects, true, false and null in a fact's text, or in a part
parts_per_fact_max = 64
fact_bytes_max = 768 * 1024  # text, signature and parts together: a request has room for each
part_text_bytes_max = 256 * 1024
text_length_max = 4000
article_length_max = 20_000
name_length_max = 200
seq_max = 2**53 - 1
lost_facts_max = 1000  # numbers that one fact may call lost; it takes one row
amount_max = 10**12

documents_per_answer = 1000
documents_per_answer_max = 5000
answer_bytes_max = 4 * 1024 * 1024
missing_ranges_max = 100

own_marks_per_exchange = 200
marks_per_publish = 500
sources_per_spread = 500

exchange_seconds = 1  # what an exchange costs its device
facts_per_second = 50  # so many facts cost it another second,
facts_bytes_per_second = 32 * 1024  # and so many bytes of them another one
requests_per_second = 10  # so many about photos cost it one,
tally_seconds = 10  # and a process writes them down when they come to so much
ahead_seconds_max = 3600  # so far a device may run ahead of its pace

facts_judged_at_once = 2000  # of its visits, while a device waits; the worker judges the rest
judgements_tried_whole = 3
reset_pause_seconds = 3600

hashes_asked_max = 500
photo_bytes_max = 60 * 1024 * 1024
photo_pixels_max = 50_000_000
photo_frames_max = 16
photo_memory_max = 1024 * 1024 * 1024
photo_cpu_seconds_max = 8
photo_wall_seconds_max = 20
photo_missing_hours = 24

code_length_max = 500  # what may be scanned
labels_max = 500  # on one sheet

count_seconds_max = 7 * 24 * 3600  # so long a count may take

outbox_bytes_max = 1024 * 1024 * 1024  # an exported outbox with its photos
outbox_facts_max = 20_000
outbox_photos_max = 1000
scan_bytes_max = 20 * 1024 * 1024
