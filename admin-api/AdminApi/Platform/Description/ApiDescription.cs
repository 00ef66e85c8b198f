using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gateway.Calls;
using Media.Protocols.Primitives;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace AdminApi.Platform;

/// <summary>The OpenAPI 3.1 document at /openapi/v1.json, written from the endpoints' declarations by
/// <see cref="EndpointRules"/>.</summary>
internal static class ApiDescription
{
    /// <summary>The document's name, for those who add to it.</summary>
    public const string Document = "v1";

    private const string Security = "bearer";
    private const string ProblemType = "application/problem+json";

    public static void AddApiDescription(this IServiceCollection services) => services.AddOpenApi(Document, openApi =>
    {
        openApi.OpenApiVersion = OpenApiSpecVersion.OpenApi3_1;
        openApi.CreateSchemaReferenceId = new SchemaNames().Of;
        openApi.AddDocumentTransformer(DescribeDocument);
        openApi.AddOperationTransformer(DescribeOperation);
        openApi.AddSchemaTransformer(DescribeSchema);
    });

    private static Task DescribeDocument(
        OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken cancellation)
    {
        document.Info = new OpenApiInfo
        {
            Title = "WhatsApp Calls Gateway: admin API",
            Version = "1",
            Description =
                "Money is text with at least two decimals and never rounded. Times are ISO 8601 in UTC; a time without an offset, in a " +
                "body, a query or a file, is UTC, and a date is its first moment. "
                + "Errors are application/problem+json with a stable `code`. Unknown members and parameters are errors.",
        };
        document.Servers = [new OpenApiServer { Url = "/" }];
        document.Components ??= new OpenApiComponents();
        foreach (var schema in document.Components.Schemas?.Values ?? [])
            ChooseAny(schema);
        document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>
        {
            [Security] = new OpenApiSecurityScheme
            {
                Type = SecuritySchemeType.Http,
                Scheme = "bearer",
                Description = "An API key (`wag_ID_SECRET`), or a token of the configured OpenID Connect issuer.",
            },
        };
        return Task.CompletedTask;
    }

    private static async Task DescribeOperation(
        OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellation)
    {
        var metadata = context.Description.ActionDescriptor.EndpointMetadata;
        var scope = metadata.OfType<RequiredScope>().LastOrDefault()?.Scope ?? Scope.Admin;
        operation.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(Security, context.Document)] = [] }];
        operation.AddExtension("x-scope", new JsonNodeExtension(WireName.Of(scope)));
        operation.Description = $"{operation.Description} Scope: `{WireName.Of(scope)}`.".TrimStart();
        operation.Parameters ??= [];
        DescribeQuery(operation, context);
        if (metadata.OfType<NeedsIfMatch>().Any())
            operation.Parameters.Add(HeaderParameter("If-Match", "The ETag of the object to change, as it was read."));
        if (metadata.OfType<NeedsIdempotencyKey>().Any())
            operation.Parameters.Add(
                HeaderParameter(Idempotency.Header, "A key of your choice, unique for the request; the same one when it is repeated."));

        var schema = await context.GetOrCreateSchemaAsync(typeof(Problem), parameterDescription: null, cancellation);
        context.Document!.AddComponent(nameof(Problem), schema);
        operation.Responses ??= [];
        if (metadata.OfType<MethodInfo>().Any(handler => handler.ReturnType == typeof(ProblemResult)))
            operation.Responses.Remove("200"); // it always refuses
        foreach (var status in ProblemsOf(operation, metadata).Distinct().GroupBy(kind => kind.Status).OrderBy(group => group.Key))
            operation.Responses[status.Key.ToString()] = ProblemResponse([.. status], context.Document);
        foreach (var answer in context.Description.SupportedResponseTypes.Where(
            answer => answer.Type?.IsAssignableTo(typeof(IVersioned)) ?? false))
        {
            if (operation.Responses.TryGetValue(answer.StatusCode.ToString(), out var found) && found is OpenApiResponse response)
                response.Headers = Header("ETag", "The version, for If-Match.", JsonSchemaType.String);
        }
    }

    /// <summary>Describes query names as they are written, and the members of closed sets.</summary>
    private static void DescribeQuery(OpenApiOperation operation, OpenApiOperationTransformerContext context)
    {
        foreach (
            var parameter in operation.Parameters!.OfType<OpenApiParameter>().Where(parameter => parameter.In == ParameterLocation.Query))
        {
            var declared = context.Description.ParameterDescriptions.FirstOrDefault(
                p => p.Name == parameter.Name)?.ParameterDescriptor?.ParameterType;
            var type = declared is null ? null : Nullable.GetUnderlyingType(declared) ?? declared;
            parameter.Name = JsonNamingPolicy.CamelCase.ConvertName(parameter.Name!);
            if (type is { IsGenericType: true } && type.GetGenericTypeDefinition() == typeof(WireValue<>))
                parameter.Schema = new OpenApiSchema { Type = JsonSchemaType.String, Enum = Members(type.GetGenericArguments()[0]) };
            if (type is { IsGenericType: true } && type.GetGenericTypeDefinition() == typeof(WireValues<>))
                parameter.Schema = new OpenApiSchema
                {
                    Type = JsonSchemaType.String,
                    Pattern = $"^({MembersPattern(type.GetGenericArguments()[0])})(,({MembersPattern(type.GetGenericArguments()[0])}))*$",
                };
            if (type == typeof(QueryTime))
                parameter.Schema = new OpenApiSchema { Type = JsonSchemaType.String, Format = "date-time" };
            if (parameter is { Name: "limit", Schema: OpenApiSchema limit })
                (limit.Minimum, limit.Maximum) = ("1", PageRequest.MaxSize.ToString());
        }
    }

    private static List<JsonNode> Members(Type closedSet) =>
        [.. Enum.GetNames(closedSet).Select(member => (JsonNode)WireName.OfName(member))];

    private static string MembersPattern(Type closedSet) => string.Join('|', Enum.GetNames(closedSet).Select(WireName.OfName));

    private static Dictionary<string, IOpenApiHeader> Header(string name, string description, JsonSchemaType type) => new()
    {
        [name] = new OpenApiHeader { Description = description, Schema = new OpenApiSchema { Type = type } },
    };

    /// <summary>The declared kinds, and those that follow from the endpoint's other declarations.</summary>
    private static IEnumerable<ProblemKind> ProblemsOf(OpenApiOperation operation, IList<object> metadata)
    {
        foreach (var kind in metadata.OfType<DeclaredProblems>().SelectMany(declared => declared.Kinds))
            yield return kind;
        yield return Problems.Unauthorized;
        yield return Problems.ForbiddenScope;
        yield return Problems.RateLimited;
        yield return Problems.Unavailable;
        yield return Problems.InvalidRequest; // at least by an unknown query parameter
        if (operation.RequestBody is not null)
        {
            yield return Problems.TooLarge;
            yield return Problems.UnsupportedMediaType;
        }
        if (metadata.OfType<NeedsIfMatch>().Any())
        {
            yield return Problems.PreconditionRequired;
            yield return Problems.StaleVersion;
        }
        if (metadata.OfType<NeedsIdempotencyKey>().Any())
        {
            yield return Problems.IdempotencyKeyRequired;
            yield return Problems.IdempotencyKeyReused;
            yield return Problems.RequestInProgress;
        }
    }

    private static OpenApiResponse ProblemResponse(ProblemKind[] kinds, OpenApiDocument document)
    {
        var response = new OpenApiResponse
        {
            Description = string.Join("; ", kinds.Select(kind => $"`{kind.Code}`: {kind.Title}")),
            Content = new Dictionary<string, OpenApiMediaType> { [ProblemType] =
                new OpenApiMediaType { Schema = new OpenApiSchemaReference(nameof(Problem), document) } },
        };
        response.AddExtension("x-codes", new JsonNodeExtension(new JsonArray([.. kinds.Select(kind => (JsonNode)kind.Code)])));
        if (kinds.Contains(Problems.RateLimited) || kinds.Contains(Problems.RequestInProgress))
            response.Headers = Header("Retry-After", "Seconds.", JsonSchemaType.Integer);
        return response;
    }

    private static OpenApiParameter HeaderParameter(string name, string description) => new()
    {
        Name = name,
        In = ParameterLocation.Header,
        Required = true,
        Description = description,
        Schema = new OpenApiSchema { Type = JsonSchemaType.String },
    };

    /// <summary>The schema of types with our own converters, which the framework leaves out of lists.</summary>
    private static bool IsName(Type type) =>
        type == typeof(AgentId) || type == typeof(GroupId) || type == typeof(FlowId) || type == typeof(ChannelId);

    private static OpenApiSchema ItemOf(Type element) => element.IsEnum
        ? new OpenApiSchema { Type = JsonSchemaType.String, Enum = Members(element) }
        : new OpenApiSchema { Type = JsonSchemaType.String, Format = element == typeof(DateTimeOffset) ? "date-time" : null };

    /// <summary>
    /// Makes "null or …" an anyOf: null also fits a schema that accepts everything, so oneOf would never match it.
    /// </summary>
    private static void ChooseAny(IOpenApiSchema schema)
    {
        foreach (var member in schema.Properties?.Values.OfType<OpenApiSchema>().Where(member => member.OneOf is { Count: > 0 }) ?? [])
            (member.AnyOf, member.OneOf) = (member.OneOf, null);
    }

    /// <summary>Describes money and closed sets as text, which the framework cannot derive from the converters.</summary>
    private static Task DescribeSchema(OpenApiSchema schema, OpenApiSchemaTransformerContext context, CancellationToken cancellation)
    {
        var type = Nullable.GetUnderlyingType(context.JsonTypeInfo.Type) ?? context.JsonTypeInfo.Type;
        var nullable = type == context.JsonTypeInfo.Type ? default : JsonSchemaType.Null;
        if (type == typeof(decimal))
        {
            schema.Type = JsonSchemaType.String | nullable;
            schema.Format = null;
            schema.Pattern = @"^-?\d+\.\d{2,}$";
        }
        else if (type == typeof(DateTimeOffset))
        {
            schema.Type = JsonSchemaType.String | nullable;
            schema.Format = "date-time";
        }
        else if (IsName(type))
        {
            schema.Type = JsonSchemaType.String | nullable;
        }
        else if (type.IsEnum)
        {
            schema.Type = JsonSchemaType.String | nullable;
            schema.Enum = Members(type);
        }
        if (context.JsonTypeInfo.ElementType is { } element && schema.Type?.HasFlag(JsonSchemaType.Array) == true)
            schema.Items ??= ItemOf(Nullable.GetUnderlyingType(element) ?? element);
        return Task.CompletedTask;
    }
}
