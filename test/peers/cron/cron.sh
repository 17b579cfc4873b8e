#!/bin/bash
# The nightly job of Arkia Customs. It takes the partner's lists and sends its own, with curl and xmlsec1.
# Arguments: its folder, the address of the partner's door. In the folder: keys, our lists to send (outbox/NUMBER.list), and what was taken.
set -euo pipefail
cd "$1"
door=$2
namespace=urn:arkia:aeo:1
mkdir -p taken outbox sent answers

call() {
  curl --silent --show-error --max-time 20 --cert keys/tls.pem --key keys/tls.key --cacert keys/partner-ca.pem "$@"
}

# The value of an attribute in the first tag that has it.
attribute() {
  grep -o " $1=\"[^\"]*\"" "$2" | head -n 1 | cut -d '"' -f 2 || true
}

post() { # FILE PATH ANSWER: prints the status
  call --header 'Content-Type: application/xml' --data-binary "@$1" --output "$3" --write-out '%{http_code}' "$door$2"
}

acknowledge() { # NUMBER VERDICT
  local status
  printf '<Ack xmlns="%s" list="%s" verdict="%s"/>' $namespace "$1" "$2" > ack.xml
  status=$(post ack.xml /partners/xa/acks ack-answer)
  echo "acknowledged $1 $2 $status"
}

# The signature must be by the registered certificate; keys in the message are not believed.
is_signed() {
  xmlsec1 --verify --pubkey-cert-pem keys/partner-signing.pem --enabled-key-data key-name,rsa "$1" > /dev/null 2>&1
}

# What is not acknowledged yet stands in the file `decided`, "NUMBER VERDICT" in each line: after a lost answer it is sent again.
tell() {
  local number verdict
  [ -e decided ] || return 0
  while read -r number verdict; do acknowledge "$number" "$verdict"; done < decided
  rm decided
}

# Changes continue the list before them, or are the first of a year.
continues() { # YEAR NUMBER KIND
  [ "$3" = F ] || [ "$2" = 1 ] || [ -e "taken/$1-$(($2 - 1)).xml" ]
}

take() {
  local before='' status year number kind verdict
  while status=$(call --output next.xml --write-out '%{http_code}' "$door/exchange/XA/next") && [ "$status" = 200 ]; do
    number=$(attribute number next.xml)
    year=$(attribute issued next.xml | cut -c 1-4)
    kind=$(attribute kind next.xml)
    # What waits for an answer is given again: it is looked at once in a run.
    [ "$number" != "$before" ] || break
    before=$number
    if ! is_signed next.xml; then verdict=NOK
    elif cmp --silent next.xml "taken/$year-$number.xml"; then verdict=DUP
    elif ! continues "$year" "$number" "$kind"; then verdict=NOK
    elif [ -e look ]; then verdict=WAIT
    else verdict=OK
    fi
    [ $verdict = NOK ] || [ $verdict = WAIT ] || cp next.xml "taken/$year-$number.xml"
    echo "list $number $kind $(grep -o '<Operator ' next.xml | wc -l) $verdict"
    if [ -e crash ]; then rm crash; exit 9; fi
    echo "$number $verdict" >> decided
    tell
  done
}

# A list and its empty signature, as xmlsec1 fills it. The file has the kind, the moment of issue or "now", then operators; one with a minus has left.
write_list() { # NUMBER KIND ISSUED OPERATOR…
  local number=$1 kind=$2 issued dsig=http://www.w3.org/2000/09/xmldsig exclusive=http://www.w3.org/2001/10/xml-exc-c14n each
  issued=$(date -u -d "$3" +%Y-%m-%dT%H:%M:%SZ)
  shift 3
  echo "<AeoList xmlns=\"$namespace\" number=\"$number\" kind=\"$kind\" issued=\"$issued\">"
  for each; do
    [ "${each#-}" != "$each" ] || cat << OPERATOR
  <Operator id="AR$each" status="A" since="2024-05-20"><Name>Example Cargo $each</Name><Address>1 Quay Street</Address></Operator>
OPERATOR
  done
  for each; do
    [ "${each#-}" = "$each" ] || echo "  <Gone id=\"AR${each#-}\" reason=\"L\" since=\"2026-05-20\"/>"
  done
  cat << SIGNATURE
  <Signature xmlns="$dsig#"><SignedInfo>
    <CanonicalizationMethod Algorithm="$exclusive#"/><SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"/>
    <Reference URI=""><Transforms><Transform Algorithm="$dsig#enveloped-signature"/><Transform Algorithm="$exclusive#"/></Transforms>
      <DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"/><DigestValue/></Reference>
  </SignedInfo><SignatureValue/><KeyInfo><KeyName/></KeyInfo></Signature>
</AeoList>
SIGNATURE
}

# Signed once: a list that is sent again has the same bytes.
send() {
  local file number status
  for file in outbox/*.list; do
    [ -e "$file" ] || continue
    number=$(basename "$file" .list)
    if [ ! -e "sent/$number.xml" ]; then
      # shellcheck disable=SC2046
      write_list "$number" $(cat "$file") > unsigned.xml
      xmlsec1 --sign --privkey-pem:xa-2026 keys/signing.key --output "sent/$number.xml" unsigned.xml
    fi
    status=$(post "sent/$number.xml" /partners/xa/lists "answers/$number.xml")
    echo "answered $number $status $(attribute verdict "answers/$number.xml") $(grep -o '<Code>[A-Za-z_]*' "answers/$number.xml" | cut -c 7-)"
    # Kept where the partner is busy or looks at it: the next run asks again.
    [ "$status" = 200 ] || [ "$status" = 422 ] || continue
    rm "$file"
  done
}

tell
take
send
