module grapevine.example/celsius

go 1.24
