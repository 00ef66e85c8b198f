using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using AdminApi.Platform;
using Gateway.Storage.Events;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.OpenApi;

namespace AdminApi.Events;

/// <summary>
/// The kinds of events in the OpenAPI document: each is one of its `webhooks`, with an <see cref="EventView"/> whose `data` has its type.
/// The timeline and the stream show the same.
/// </summary>
internal static class EventDescriptions
{
    private static readonly (string Name, string Description)[] Headers =
    [
        ("webhook-id", "The same at every repetition."),
        ("webhook-timestamp", "When it was sent, in Unix seconds."),
        ("webhook-signature", "`v1,` and an HMAC-SHA256 in Base64, of a secret; several, separated by spaces, while a secret is replaced."),
    ];

    public static void AddEventDescriptions(this IServiceCollection services) =>
        services.Configure<OpenApiOptions>(ApiDescription.Document, openApi => openApi.AddDocumentTransformer(DescribeAsync));

    private static async Task DescribeAsync(
        OpenApiDocument document, OpenApiDocumentTransformerContext context, CancellationToken cancellation)
    {
        foreach (var type in EventCatalogue.All.Select(described => described.Data).Distinct())
        {
            var schema = await context.GetOrCreateSchemaAsync(type, parameterDescription: null, cancellation);
            AllowNull(type, schema);
            document.AddComponent(type.Name, schema);
        }
        document.Webhooks = new Dictionary<string, IOpenApiPathItem>();
        foreach (var described in EventCatalogue.All)
        {
            document.AddComponent(NameOf(described), EventOf(described, document));
            var item = new OpenApiPathItem();
            item.AddOperation(HttpMethod.Post, Operation(described, document));
            document.Webhooks[EventKinds.NameOf(described.Kind)] = item;
        }
    }

    /// <summary>Says of members that are objects where they may be null, which the framework leaves out here.</summary>
    private static void AllowNull(Type type, OpenApiSchema schema)
    {
        var nullability = new NullabilityInfoContext();
        foreach (var (name, member) in schema.Properties ?? new Dictionary<string, IOpenApiSchema>())
        {
            var property = type.GetProperties().Single(one => JsonNamingPolicy.CamelCase.ConvertName(one.Name) == name);
            if (member is OpenApiSchema described && !property.PropertyType.IsValueType
                && nullability.Create(property).ReadState == NullabilityState.Nullable)
                described.Type |= JsonSchemaType.Null;
        }
    }

    private static OpenApiOperation Operation(CataloguedEvent described, OpenApiDocument document) => new()
    {
        Summary = described.Summary,
        Tags = new HashSet<OpenApiTagReference> { new("events", document) },
        Parameters = [.. Headers.Select(header => new OpenApiParameter
        {
            Name = header.Name, In = ParameterLocation.Header, Required = true, Description = header.Description,
            Schema = new OpenApiSchema { Type = JsonSchemaType.String },
        })],
        RequestBody = new OpenApiRequestBody
        {
            Required = true,
            Content = new Dictionary<string, OpenApiMediaType>
            {
                ["application/json"] = new OpenApiMediaType { Schema = Body(described, document) },
            },
        },
        Responses = new OpenApiResponses
        {
            ["2XX"] = new OpenApiResponse { Description = "It was taken. After anything else, or nothing, it is sent again." },
        },
    };

    /// <summary>The envelope of Standard Webhooks around an event.</summary>
    private static OpenApiSchema Body(CataloguedEvent described, OpenApiDocument document) => Members(new()
    {
        ["type"] = KindOf(described),
        ["timestamp"] = new OpenApiSchema { Type = JsonSchemaType.String, Format = "date-time" },
        ["data"] = new OpenApiSchemaReference(NameOf(described), document),
    });

    /// <summary>An event of this kind, as the timeline and the stream show it.</summary>
    private static OpenApiSchema EventOf(CataloguedEvent described, OpenApiDocument document) => new()
    {
        Description = described.Summary,
        AllOf =
        [
            new OpenApiSchemaReference(nameof(EventView), document),
            Members(new() { ["kind"] = KindOf(described), ["data"] = new OpenApiSchemaReference(described.Data.Name, document) }),
        ],
    };

    private static string NameOf(CataloguedEvent described) => described.Kind + "Event";

    private static OpenApiSchema KindOf(CataloguedEvent described) => new()
    {
        Type = JsonSchemaType.String, Enum = [(JsonNode)EventKinds.NameOf(described.Kind)],
    };

    private static OpenApiSchema Members(Dictionary<string, IOpenApiSchema> members) => new()
    {
        Type = JsonSchemaType.Object, Required = members.Keys.ToHashSet(), Properties = members,
    };
}
