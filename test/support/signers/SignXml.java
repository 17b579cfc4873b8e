import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.FileInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Properties;
import javax.xml.crypto.XMLStructure;
import javax.xml.crypto.dsig.CanonicalizationMethod;
import javax.xml.crypto.dsig.Transform;
import javax.xml.crypto.dsig.XMLSignatureFactory;
import javax.xml.crypto.dsig.dom.DOMSignContext;
import javax.xml.crypto.dsig.keyinfo.KeyInfo;
import javax.xml.crypto.dsig.keyinfo.KeyInfoFactory;
import javax.xml.crypto.dsig.spec.C14NMethodParameterSpec;
import javax.xml.crypto.dsig.spec.ExcC14NParameterSpec;
import javax.xml.crypto.dsig.spec.TransformParameterSpec;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.transform.TransformerFactory;
import javax.xml.transform.dom.DOMSource;
import javax.xml.transform.stream.StreamResult;
import org.w3c.dom.Document;

/** Signs XML files with the signatures of the JDK, as its tutorial does. Arguments: property files, one for each job. */
public class SignXml {
  public static void main(String[] files) throws Exception {
    for (String file : files) {
      Properties job = new Properties();
      job.load(new FileInputStream(file));
      Files.write(Path.of(job.getProperty("out")), sign(job));
    }
  }

  static byte[] sign(Properties job) throws Exception {
    DocumentBuilderFactory builders = DocumentBuilderFactory.newInstance();
    builders.setNamespaceAware(true);
    byte[] text = job.getProperty("text").getBytes(StandardCharsets.UTF_8);
    Document document = builders.newDocumentBuilder().parse(new ByteArrayInputStream(text));
    document.getDocumentElement().setIdAttribute("Id", true);
    X509Certificate certificate = (X509Certificate) CertificateFactory.getInstance("X.509")
        .generateCertificate(new FileInputStream(job.getProperty("certificate")));
    XMLSignatureFactory factory = XMLSignatureFactory.getInstance("DOM");
    List<String> prefixes = job.getProperty("prefixes") == null ? null : List.of(job.getProperty("prefixes").split(" "));
    List<Transform> transforms = new ArrayList<>();
    transforms.add(factory.newTransform(Transform.ENVELOPED, (TransformParameterSpec) null));
    if (job.getProperty("c14nTransform") != null) {
      C14NMethodParameterSpec parameters = prefixes == null ? null : new ExcC14NParameterSpec(prefixes);
      transforms.add(factory.newTransform(job.getProperty("c14nTransform"), parameters));
    }
    var reference = factory.newReference(
        job.getProperty("uri"), factory.newDigestMethod(job.getProperty("digest"), null), transforms, null, null);
    CanonicalizationMethod c14n =
        factory.newCanonicalizationMethod(job.getProperty("c14n"), (C14NMethodParameterSpec) null);
    var signedInfo =
        factory.newSignedInfo(c14n, factory.newSignatureMethod(job.getProperty("method"), null), List.of(reference));
    KeyInfo keyInfo = keyInfo(factory.getKeyInfoFactory(), certificate, job);
    PrivateKey key = privateKey(Path.of(job.getProperty("key")), certificate.getPublicKey().getAlgorithm());
    factory.newXMLSignature(signedInfo, keyInfo, null, job.getProperty("signatureId"), null)
        .sign(new DOMSignContext(key, document.getDocumentElement()));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    TransformerFactory.newInstance().newTransformer().transform(new DOMSource(document), new StreamResult(out));
    return out.toByteArray();
  }

  static KeyInfo keyInfo(KeyInfoFactory factory, X509Certificate certificate, Properties job) throws Exception {
    XMLStructure content;
    switch (job.getProperty("keyInfo")) {
      case "none": return null;
      case "keyName": content = factory.newKeyName(job.getProperty("name")); break;
      case "keyValue": content = factory.newKeyValue(certificate.getPublicKey()); break;
      case "chain":
        content = factory.newX509Data(List.of(certificate.getSubjectX500Principal().getName(), certificate));
        break;
      default: content = factory.newX509Data(List.of(certificate));
    }
    return factory.newKeyInfo(List.of(content));
  }

  static PrivateKey privateKey(Path pem, String algorithm) throws Exception {
    String base64 = Files.readString(pem).replaceAll("-----[^-]*-----|\\s", "");
    return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(Base64.getDecoder().decode(base64)));
  }
}
