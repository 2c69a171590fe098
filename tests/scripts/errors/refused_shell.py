x = 1
!wget https://example.com/data.zip
