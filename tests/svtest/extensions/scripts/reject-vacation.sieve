require ["vacation", "reject"]; reject "b"; vacation "a";
