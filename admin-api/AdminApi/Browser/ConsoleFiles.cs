using System.Collections.Frozen;
using System.IO.Compression;
using System.Security.Cryptography;
using AdminApi.Platform;
using Microsoft.Net.Http.Headers;

namespace AdminApi.Browser;

/// <summary>
/// The files of the console, which the build makes of Console/ and puts into this program. Any other path below /console is a page of it,
/// and gets the document that shows them all.
/// </summary>
internal static class ConsoleFiles
{
    /// <summary>Where the console is, below the address of this API.</summary>
    public const string Path = "/console";

    private const string Prefix = "console/", Document = "index.html";

    /// <summary>Only what this program serves itself runs, and talks to nobody else. Styles that scripts set need no permission.</summary>
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; media-src 'self' blob:; " +
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

    private static readonly FrozenDictionary<string, ConsoleFile> All = typeof(ConsoleFiles).Assembly.GetManifestResourceNames()
        .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
        .ToFrozenDictionary(name => name[Prefix.Length..], ConsoleFile.Read);

    public static IResult Find(string? path, HttpRequest request)
    {
        if (All.Count == 0)
            return Problems.NotFound.Of("The console is not in this program: npm was missing when it was built.");
        if (path is not null && All.TryGetValue(path, out var file))
            return new Answer(file);
        // A page's last segment may be an id; what looks like a file that is not there is a mistake.
        return path?.StartsWith("assets/", StringComparison.Ordinal) == true
            ? Problems.NotFound.Of("The console has no such file.") : new Answer(All[Document]);
    }

    /// <param name="Plain">Its bytes.</param>
    /// <param name="Brotli">The same, compressed.</param>
    private sealed record ConsoleFile(string Type, byte[] Plain, byte[] Brotli, EntityTagHeaderValue Tag)
    {
        public static ConsoleFile Read(string resource)
        {
            using var stream = typeof(ConsoleFiles).Assembly.GetManifestResourceStream(resource)!;
            var plain = new byte[stream.Length];
            stream.ReadExactly(plain);
            using var compressed = new MemoryStream();
            using (var brotli = new BrotliStream(compressed, CompressionLevel.SmallestSize))
                brotli.Write(plain);
            var type = System.IO.Path.GetExtension(resource) switch
            {
                ".js" => "text/javascript; charset=utf-8",
                ".css" => "text/css; charset=utf-8",
                ".svg" => "image/svg+xml",
                _ => "text/html; charset=utf-8",
            };
            var tag = $"\"{Convert.ToHexStringLower(SHA256.HashData(plain))[..20]}\"";
            return new ConsoleFile(type, plain, compressed.ToArray(), new EntityTagHeaderValue(tag));
        }
    }

    private sealed class Answer(ConsoleFile file) : IResult
    {
        public async Task ExecuteAsync(HttpContext httpContext)
        {
            var (request, response) = (httpContext.Request, httpContext.Response);
            response.Headers.ContentSecurityPolicy = Policy;
            response.Headers.CacheControl = "no-cache";
            response.Headers.ETag = file.Tag.ToString();
            response.Headers.Vary = "Accept-Encoding";
            if (request.GetTypedHeaders().IfNoneMatch.Any(tag => tag.Compare(file.Tag, useStrongComparison: false)))
            {
                response.StatusCode = StatusCodes.Status304NotModified;
                return;
            }
            var isCompressed = request.GetTypedHeaders().AcceptEncoding.Any(one => one.Value == "br" && one.Quality is null or > 0);
            if (isCompressed)
                response.Headers.ContentEncoding = "br";
            var bytes = isCompressed ? file.Brotli : file.Plain;
            response.ContentType = file.Type;
            response.ContentLength = bytes.Length;
            await response.Body.WriteAsync(bytes, httpContext.RequestAborted);
        }
    }
}
