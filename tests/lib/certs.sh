# shellcheck shell=sh
# certs.sh - certificates for tests of TLS, made with openssl; read after tap.sh
#
#   certs_make       below $T/certs: ca.pem, the root that is to be trusted, and
#                    certificates with their keys for a host named localhost,
#                    each in one file:
#                    good  expired  self (signed by itself)
#                    other (its name is another)  unknown (of another root)
#                    huge (200 certificates behind it)

certs_key() {
	openssl ecparam -name prime256v1 -genkey -noout -out "$1"
}

# certs_root NAME
certs_root() {
	certs_key "$1.key" &&
		openssl req -x509 -new -key "$1.key" -subj "/CN=Root $1" \
			-days 2 -out "$1.pem"
}

# certs_host NAME ROOT HOST DAYS
certs_host() {
	certs_key "$1.key" &&
		openssl req -new -key "$1.key" -subj '/CN=relay' \
			-addext "subjectAltName=DNS:$3" -out "$1.csr" &&
		openssl x509 -req -in "$1.csr" -CA "$2.pem" -CAkey "$2.key" \
			-CAcreateserial -copy_extensions copy -days "$4" \
			-out "$1.crt" &&
		cat "$1.crt" "$1.key" >"$1.pem"
}

certs_self() {
	certs_key self.key &&
		openssl req -x509 -new -key self.key -subj '/CN=localhost' \
			-addext 'subjectAltName=DNS:localhost' -days 2 \
			-out self.crt &&
		cat self.crt self.key >self.pem
}

certs_huge() {
	cat good.crt
	for _ in $(seq 200); do
		cat ca.pem
	done
	cat good.key
}

certs_all() {
	certs_root ca &&
		certs_root stranger &&
		certs_host good ca localhost 2 &&
		certs_host expired ca localhost -1 &&
		certs_host other ca mx.example.org 2 &&
		certs_host unknown stranger localhost 2 &&
		certs_self &&
		certs_huge >huge.pem
}

certs_make() {
	mkdir -p "$T/certs" &&
		(cd "$T/certs" && certs_all) >"$T/certs.out" 2>&1 &&
		chmod -R a+rX "$T/certs"
}
