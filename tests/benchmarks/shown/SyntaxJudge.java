// Reads lines of JSON, [path, text]; writes true or false: whether the Java compiler's parser takes the text.

import com.sun.source.util.JavacTask;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;

class SyntaxJudge {
    public static void main(String[] arguments) throws IOException {
        var reader = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = reader.readLine(); line != null; line = reader.readLine()) {
            System.out.println(parses(secondString(line)));
            System.out.flush();
        }
    }

    private static boolean parses(String text) throws IOException {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        var problems = new DiagnosticCollector<JavaFileObject>();
        var file = new SimpleJavaFileObject(URI.create("string:///Judged.java"), JavaFileObject.Kind.SOURCE) {
            @Override
            public CharSequence getCharContent(boolean ignoreErrors) {
                return text;
            }
        };
        ((JavacTask) compiler.getTask(null, null, problems, List.of("-proc:none"), null, List.of(file))).parse();
        return problems.getDiagnostics().stream().noneMatch(each -> each.getKind() == Diagnostic.Kind.ERROR);
    }

    /** The second string of a JSON array of two. */
    private static String secondString(String json) {
        int at = closing(json, json.indexOf('"')) + 1;
        int start = json.indexOf('"', at);
        var text = new StringBuilder();
        for (int index = start + 1, end = closing(json, start); index < end; index++) {
            char letter = json.charAt(index);
            if (letter != '\\') {
                text.append(letter);
                continue;
            }
            letter = json.charAt(++index);
            switch (letter) {
                case 'n' -> text.append('\n');
                case 'r' -> text.append('\r');
                case 't' -> text.append('\t');
                case 'b' -> text.append('\b');
                case 'f' -> text.append('\f');
                case 'u' -> {
                    text.append((char) Integer.parseInt(json.substring(index + 1, index + 5), 16));
                    index += 4;
                }
                default -> text.append(letter);
            }
        }
        return text.toString();
    }

    private static int closing(String json, int opening) {
        int index = opening + 1;
        while (json.charAt(index) != '"') {
            index += json.charAt(index) == '\\' ? 2 : 1;
        }
        return index;
    }
}
