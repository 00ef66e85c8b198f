using System.Security.Cryptography;
using System.Text;

namespace AdminApi;

/// <summary>Lets a request through only with the key, compared in constant time.</summary>
public static class ApiKey
{
    private const string Scheme = "Bearer ";

    public static void UseApiKey(this WebApplication app, string key)
    {
        var expected = SHA256.HashData(Encoding.UTF8.GetBytes(key));
        app.Use(async (context, next) =>
        {
            if (context.Request.Path == "/healthz" || Matches(context.Request.Headers.Authorization.ToString(), expected))
            {
                await next(context);
                return;
            }
            context.Response.Headers.WWWAuthenticate = "Bearer";
            await Results.Problem("Send the API key as 'Authorization: Bearer …'.", statusCode: 401, title: "unauthorized").ExecuteAsync(context);
        });
    }

    private static bool Matches(string header, byte[] expected) =>
        header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
        && CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(header[Scheme.Length..])), expected);
}
