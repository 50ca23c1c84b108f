require ["replace", "foreverypart", "mime"];
foreverypart {
    if header :mime :subtype "content-type" "plain" {
        replace :mime text:
Content-Type: text/html

--b
Content-Type: application/x-smuggled
.
;
    }
}
