/** Checks a document against its schema and signs or verifies it with what the JDK brings: one run for each line read, the milliseconds of its steps in return. */

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.BufferedReader;
import java.io.File;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import javax.xml.XMLConstants;
import javax.xml.crypto.dsig.CanonicalizationMethod;
import javax.xml.crypto.dsig.DigestMethod;
import javax.xml.crypto.dsig.Transform;
import javax.xml.crypto.dsig.XMLSignature;
import javax.xml.crypto.dsig.XMLSignatureFactory;
import javax.xml.crypto.dsig.dom.DOMSignContext;
import javax.xml.crypto.dsig.dom.DOMValidateContext;
import javax.xml.crypto.dsig.spec.C14NMethodParameterSpec;
import javax.xml.crypto.dsig.spec.TransformParameterSpec;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.transform.TransformerFactory;
import javax.xml.transform.dom.DOMSource;
import javax.xml.transform.stream.StreamResult;
import javax.xml.transform.stream.StreamSource;
import javax.xml.validation.Schema;
import javax.xml.validation.SchemaFactory;
import org.w3c.dom.Document;

public final class JdkSignature {
  private static final String RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";

  private static Schema schema;
  private static byte[] document;
  private static X509Certificate certificate;

  /** Arguments: sign or verify, schema, document, certificate (PEM), and to sign the key (PKCS#8 PEM). */
  public static void main(String[] arguments) throws Exception {
    boolean signs = arguments[0].equals("sign");
    schema = SchemaFactory.newInstance(XMLConstants.W3C_XML_SCHEMA_NS_URI).newSchema(new File(arguments[1]));
    document = Files.readAllBytes(Path.of(arguments[2]));
    try (var stream = Files.newInputStream(Path.of(arguments[3]))) {
      certificate = (X509Certificate) CertificateFactory.getInstance("X.509").generateCertificate(stream);
    }
    PrivateKey key = signs ? readKey(arguments[4]) : null;
    System.out.println("ready " + System.getProperty("java.version"));
    var lines = new BufferedReader(new InputStreamReader(System.in));
    while (lines.readLine() != null) System.out.println(signs ? sign(key) : verify());
  }

  private static PrivateKey readKey(String file) throws Exception {
    String text = Files.readString(Path.of(file)).replaceAll("-----[A-Z ]+-----|\\s", "");
    return KeyFactory.getInstance("RSA").generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(text)));
  }

  /** Parsing with the schema attached was the quickest of three ways tried: one pass parses and validates. */
  private static Document parseValid() throws Exception {
    var factory = DocumentBuilderFactory.newInstance();
    factory.setNamespaceAware(true);
    factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
    factory.setSchema(schema);
    var builder = factory.newDocumentBuilder();
    builder.setErrorHandler(new Strict());
    var parsed = builder.parse(new ByteArrayInputStream(document));
    parsed.getDocumentElement().setIdAttributeNS(null, "Id", true);
    return parsed;
  }

  private static String sign(PrivateKey key) throws Exception {
    long started = System.nanoTime();
    Document parsed = parseValid();
    long validated = System.nanoTime();
    var signatures = XMLSignatureFactory.getInstance("DOM");
    var transforms =
        List.of(
            signatures.newTransform(Transform.ENVELOPED, (TransformParameterSpec) null),
            signatures.newTransform(CanonicalizationMethod.EXCLUSIVE, (TransformParameterSpec) null));
    var reference =
        signatures.newReference(
            "#" + parsed.getDocumentElement().getAttribute("Id"),
            signatures.newDigestMethod(DigestMethod.SHA256, null),
            transforms,
            null,
            null);
    var signedInfo =
        signatures.newSignedInfo(
            signatures.newCanonicalizationMethod(CanonicalizationMethod.EXCLUSIVE, (C14NMethodParameterSpec) null),
            signatures.newSignatureMethod(RSA_SHA256, null),
            List.of(reference));
    var keys = signatures.getKeyInfoFactory();
    var keyInfo = keys.newKeyInfo(List.of(keys.newX509Data(List.of(certificate))));
    signatures.newXMLSignature(signedInfo, keyInfo).sign(new DOMSignContext(key, parsed.getDocumentElement()));
    long signed = System.nanoTime();
    var out = new ByteArrayOutputStream();
    TransformerFactory.newInstance().newTransformer().transform(new DOMSource(parsed), new StreamResult(out));
    return line(started, validated, signed, System.nanoTime());
  }

  private static String verify() throws Exception {
    long started = System.nanoTime();
    Document parsed = parseValid();
    long validated = System.nanoTime();
    var found = parsed.getElementsByTagNameNS(XMLSignature.XMLNS, "Signature").item(0);
    var context = new DOMValidateContext(certificate.getPublicKey(), found);
    if (!XMLSignatureFactory.getInstance("DOM").unmarshalXMLSignature(context).validate(context)) {
      throw new IllegalStateException("the signature does not hold");
    }
    long verified = System.nanoTime();
    return line(started, validated, verified, verified);
  }

  private static String line(long started, long validated, long sealed, long written) {
    return "%.3f %.3f %.3f"
        .formatted((validated - started) / 1e6, (sealed - validated) / 1e6, (written - sealed) / 1e6);
  }

  private static final class Strict implements org.xml.sax.ErrorHandler {
    @Override
    public void warning(org.xml.sax.SAXParseException fault) {}

    @Override
    public void error(org.xml.sax.SAXParseException fault) throws org.xml.sax.SAXParseException {
      throw fault;
    }

    @Override
    public void fatalError(org.xml.sax.SAXParseException fault) throws org.xml.sax.SAXParseException {
      throw fault;
    }
  }
}
