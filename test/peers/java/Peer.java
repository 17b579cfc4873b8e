import com.sun.net.httpserver.*;
import java.io.*;
import java.net.*;
import java.net.http.*;
import java.nio.file.*;
import java.security.*;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.*;
import java.util.concurrent.*;
import javax.net.ssl.*;
import javax.xml.crypto.KeySelector;
import javax.xml.crypto.dsig.*;
import javax.xml.crypto.dsig.dom.*;
import javax.xml.crypto.dsig.spec.*;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.transform.TransformerFactory;
import javax.xml.transform.dom.DOMSource;
import javax.xml.transform.stream.StreamResult;
import org.w3c.dom.*;

/** The system of Brevania: its server, and what its staff do, as lines on standard input; what happens, as lines on standard output. */
public class Peer {
  static final String NAMESPACE = "urn:brevania:aeo:1";
  static final XMLSignatureFactory SIGNATURES = XMLSignatureFactory.getInstance("DOM");
  static final Map<String, byte[]> taken = new ConcurrentHashMap<>();
  static final Map<Integer, byte[]> sent = new ConcurrentHashMap<>();
  static final ConcurrentLinkedQueue<String> faults = new ConcurrentLinkedQueue<>();
  static Path folder;
  static String door;
  static SSLContext tls;

  public static void main(String[] args) throws Exception {
    folder = Path.of(args[1]);
    door = "https://127.0.0.1:" + args[2] + "/partners/xb/";
    tls = context();
    HttpsServer server = HttpsServer.create(new InetSocketAddress("127.0.0.1", Integer.parseInt(args[0])), 0);
    server.setHttpsConfigurator(new HttpsConfigurator(tls) {
      @Override
      public void configure(HttpsParameters parameters) {
        SSLParameters wanted = tls.getDefaultSSLParameters();
        wanted.setNeedClientAuth(true);
        parameters.setSSLParameters(wanted);
      }
    });
    server.createContext("/aeo/lists", Peer::take);
    server.setExecutor(Executors.newCachedThreadPool());
    server.start();
    tell("open");
    for (Scanner orders = new Scanner(System.in); orders.hasNextLine(); ) order(orders.nextLine().split(" "));
    System.exit(0);
  }

  static synchronized void tell(Object... words) {
    System.out.println(String.join(" ", Arrays.stream(words).map(String::valueOf).toList()));
  }

  /** A list of the partner: our answer is in the response. */
  static void take(HttpExchange exchange) throws IOException {
    byte[] body = exchange.getRequestBody().readAllBytes();
    String fault = Objects.requireNonNullElse(faults.poll(), "");
    if (fault.equals("closed")) { respond(exchange, 503, new byte[0]); tell("closed"); return; }
    int number = 0; String verdict;
    try {
      Document document = parse(body);
      verdict = !isSigned(document) ? "NOK" : fault.equals("look") ? "WAIT" : "OK";
      Element root = document.getDocumentElement();
      number = Integer.parseInt(root.getAttribute("number"));
      String year = root.getAttribute("issued").substring(0, 5), place = year + number;
      boolean continues = root.getAttribute("kind").equals("F") || number == 1 || taken.containsKey(year + (number - 1));
      if (taken.containsKey(place)) verdict = Arrays.equals(taken.get(place), body) ? "DUP" : "NOK";
      else if (!continues) verdict = "NOK";
      if (!verdict.equals("NOK") && !fault.equals("forget")) taken.put(place, body);
      tell("list", number, root.getAttribute("kind"), count(root, "Operator"), count(root, "Gone"), verdict,
          exchange.getRequestHeaders().getFirst("Aeo-Sender"));
    } catch (Exception error) {
      verdict = "NOK";
    }
    if (fault.equals("lost")) exchange.close();
    else respond(exchange, verdict.equals("NOK") ? 422 : 200, ack(number, verdict));
  }

  static int count(Element root, String name) { return root.getElementsByTagNameNS(NAMESPACE, name).getLength(); }

  static void respond(HttpExchange exchange, int status, byte[] body) throws IOException {
    exchange.getResponseHeaders().set("Content-Type", "application/xml");
    exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
    exchange.getResponseBody().write(body);
    exchange.close();
  }

  static byte[] ack(int number, String verdict) {
    return ("<Ack xmlns=\"" + NAMESPACE + "\" list=\"" + number + "\" verdict=\"" + verdict + "\"/>").getBytes();
  }

  static void order(String[] words) throws Exception {
    int number = words.length > 1 && words[1].matches("\\d+") ? Integer.parseInt(words[1]) : 0;
    switch (words[0]) {
      case "fault" -> { faults.add(words[1]); tell("fault"); }
      case "send" -> {
        sent.put(number, sign(list(number, words[2], words[3].split(","), words.length > 4 ? words[4] : now())));
        post("lists", sent.get(number));
      }
      case "again" -> post("lists", sent.get(number));
      case "forge" -> post("lists", new String(sign(list(number, "F", words[2].split(","), now())))
          .replace("status=\"A\"", "status=\"S\"").getBytes());
      case "ack" -> post("acks", ack(number, words[2]));
      default -> throw new IllegalArgumentException(words[0]);
    }
  }

  static void post(String path, byte[] message) throws Exception {
    HttpRequest request = HttpRequest.newBuilder(URI.create(door + path)).header("Content-Type", "application/xml")
        .POST(HttpRequest.BodyPublishers.ofByteArray(message)).build();
    HttpResponse<byte[]> response;
    try {
      response = HttpClient.newBuilder().sslContext(tls).build().send(request, HttpResponse.BodyHandlers.ofByteArray());
    } catch (IOException lost) { tell("answered not"); return; }
    Element answer = parse(response.body().length == 0 ? "<Ack/>".getBytes() : response.body()).getDocumentElement();
    var code = answer.getElementsByTagNameNS(NAMESPACE, "Code");
    tell("answered", response.statusCode(), answer.getAttribute("verdict"), code.getLength() == 0 ? "" : code.item(0).getTextContent());
  }

  static String now() { return Instant.now().truncatedTo(ChronoUnit.SECONDS).toString(); }

  /** `operators`: their numbers; one that begins with a minus has left. */
  static Document list(int number, String kind, String[] operators, String issued) throws Exception {
    StringBuilder text = new StringBuilder("<AeoList xmlns=\"" + NAMESPACE + "\" number=\"" + number + "\" kind=\"" + kind
        + "\" issued=\"" + issued + "\">\n");
    for (String each : operators)
      if (!each.startsWith("-")) text.append("  <Operator id=\"BR" + each + "\" status=\"A\" since=\"2024-05-20\"><Name>Example Trade "
          + each + "</Name><Address>1 Quay Street</Address></Operator>\n");
    for (String each : operators)
      if (each.startsWith("-")) text.append("  <Gone id=\"BR" + each.substring(1) + "\" reason=\"L\" since=\"2026-05-20\"/>\n");
    return parse(text.append("</AeoList>").toString().getBytes());
  }

  static Document parse(byte[] bytes) throws Exception {
    DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
    factory.setNamespaceAware(true);
    factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
    return factory.newDocumentBuilder().parse(new ByteArrayInputStream(bytes));
  }

  /** As the tutorial of the JDK signs. */
  static byte[] sign(Document document) throws Exception {
    var reference = SIGNATURES.newReference("", SIGNATURES.newDigestMethod(DigestMethod.SHA256, null),
        List.of(SIGNATURES.newTransform(Transform.ENVELOPED, (TransformParameterSpec) null)), null, null);
    var c14n = SIGNATURES.newCanonicalizationMethod(CanonicalizationMethod.INCLUSIVE, (C14NMethodParameterSpec) null);
    var method = SIGNATURES.newSignatureMethod("http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", null);
    var keys = SIGNATURES.getKeyInfoFactory();
    var keyInfo = keys.newKeyInfo(List.of(keys.newKeyValue(certificate("signing.pem").getPublicKey())));
    SIGNATURES.newXMLSignature(SIGNATURES.newSignedInfo(c14n, method, List.of(reference)), keyInfo)
        .sign(new DOMSignContext(key("signing.key", "RSA"), document.getDocumentElement()));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    TransformerFactory.newInstance().newTransformer().transform(new DOMSource(document), new StreamResult(out));
    return out.toByteArray();
  }

  /** By the partner's registered certificate; the key in the message is not looked at. */
  static boolean isSigned(Document document) throws Exception {
    var found = document.getElementsByTagNameNS(XMLSignature.XMLNS, "Signature");
    if (found.getLength() != 1) return false;
    var selector = KeySelector.singletonKeySelector(certificate("partner-signing.pem").getPublicKey());
    DOMValidateContext context = new DOMValidateContext(selector, found.item(0));
    return SIGNATURES.unmarshalXMLSignature(context).validate(context);
  }

  static SSLContext context() throws Exception {
    char[] password = new char[0];
    KeyStore own = KeyStore.getInstance("PKCS12");
    own.load(null, password);
    own.setKeyEntry("tls", key("tls.key", "EC"), password, new Certificate[] {certificate("tls.pem")});
    KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
    keys.init(own, password);
    KeyStore authorities = KeyStore.getInstance("PKCS12");
    authorities.load(null, password);
    authorities.setCertificateEntry("partner", certificate("partner-ca.pem"));
    TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
    trust.init(authorities);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
    return context;
  }

  static Certificate certificate(String name) throws Exception {
    try (InputStream in = Files.newInputStream(folder.resolve(name))) {
      return CertificateFactory.getInstance("X.509").generateCertificate(in);
    }
  }

  static PrivateKey key(String name, String algorithm) throws Exception {
    String base64 = Files.readString(folder.resolve(name)).replaceAll("-----[^-]*-----|\\s", "");
    return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(base64)));
  }
}
